"""autograd_mini, compiled to C."""

from autograd_mini.compiler.c_compiler import compiler

from .compiled import adapter

if compiler() is None:
    raise ImportError("autograd_mini compiles nothing to C here, as there is no C compiler")

ADAPTER = adapter("native")
