"""The command line: the value and the gradients of an expression, explained, drawn, explored, or as a table.

python -m autograd_mini "sin(x*y) + x**2" x=2 y=3
python -m autograd_mini "sin(x*y) + x**2" x=2 y=3 --explain x --draw graph.svg --csv trace.csv
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

from .calculator import CONSTANTS, computed, number_of
from .contributions import paths
from .errors import AutogradError, UsageError
from .explanation import explain
from .explorer import explore
from .graph import Graph
from .render import draw
from .value import Value

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; the exit status."""
    options = parser().parse_args(arguments)
    try:
        run(options)
    except AutogradError as error:
        print(f"autograd_mini: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"autograd_mini: {error.filename}: {error.strerror}", file=sys.stderr)
        return 2
    return 0


def parser() -> argparse.ArgumentParser:
    """What the command line takes."""
    said = argparse.ArgumentParser(
        prog="python -m autograd_mini",
        description="The value of an expression, and its gradient by every name.",
        epilog='Example: python -m autograd_mini "sin(x*y) + x**2" x=2 y=3 --explain x',
    )
    said.add_argument("expression", help="numbers, names, + - * / ** %% @, brackets and functions of NumPy")
    said.add_argument("names", nargs="*", metavar="NAME=NUMBER", help="what each name is: x=2, or x=[1,2,3]")
    said.add_argument("--explain", metavar="NAME", action="append", default=[], help="write out how it influences")
    said.add_argument("--rate", type=float, help="with --explain: the step of gradient descent at this learning rate")
    said.add_argument("--paths", metavar="NAME", action="append", default=[], help="the paths that contribute most")
    said.add_argument("--draw", metavar="FILE.svg", type=Path, help="draw the graph; the ending says the format")
    said.add_argument("--explore", metavar="FILE.html", type=Path, help="write a page to walk through the graph")
    said.add_argument("--csv", metavar="FILE.csv", type=Path, help="write every value and gradient as a table")
    return said


def run(options: argparse.Namespace) -> None:
    """Compute, print, and write what is asked for."""
    values = dict(map(named, options.names))
    with np.errstate(all="ignore"):
        output = computed(options.expression, values)
        if not isinstance(output, Value):
            print(f"{options.expression.strip()} = {shown(output)}")
            print("It depends on no name, so there is no gradient.")
            return
        if output.op is None:
            output = +output
        output.name = "f" if "f" not in values else "result"
        if output.shape:
            raise UsageError(
                f"expression: it comes to an array of shape {output.shape}; a gradient is of one number; "
                "reduce it, as in sum(...)"
            )
        output.backward()
    report(options.expression.strip(), output, values)
    for name in options.explain:
        print(f"\n{explain(output, known(name, values, output), rate=options.rate)}")
    for name in options.paths:
        print(f"\n{paths(output, known(name, values, output))}")
    write(options, output)


def report(expression: str, output: Value, values: dict[str, Value]) -> None:
    """Print the value, and a row for each name."""
    print(f"{output.name} = {expression} = {shown(output.data)}")
    width = max(len(name) for name in values)
    for name, v in values.items():
        gradient = "0 (it is not used)" if v.grad is None else shown(v.grad)
        print(f"  {name:<{width}} = {shown(v.data)}    d{output.name}/d{name} = {gradient}")


def write(options: argparse.Namespace, output: Value) -> None:
    """Write the files that are asked for, and say so."""
    if options.draw is not None:
        kind = options.draw.suffix[1:].lower()
        if not kind:
            raise UsageError(f"--draw: got {options.draw}, which has no ending; the ending says the format; use .svg")
        picture = draw(output)
        data = picture.source.encode() if kind in ("dot", "gv") else picture.pipe(kind)
        options.draw.write_bytes(data)
        print(f"wrote {options.draw}")
    if options.explore is not None:
        explore(output, path=options.explore)
        print(f"wrote {options.explore}")
    if options.csv is not None:
        Graph.of(output).to_csv(options.csv)
        print(f"wrote {options.csv}")


def named(text: str) -> tuple[str, Value]:
    """The name and the Value that "x=2" says."""
    name, sign, number = text.partition("=")
    name = name.strip()
    if not sign or not name.isidentifier():
        raise UsageError(f"names: got {text!r}; it is a name and its number; write it as in x=2")
    if name in CONSTANTS:
        raise UsageError(f"names: got {text!r}; {name} is {CONSTANTS[name]:.9g} already; choose another name")
    try:
        return name, Value(number_of(number.strip()), name=name)
    except AutogradError as error:
        raise UsageError(f"{name}: {error}") from None


def known(name: str, values: dict[str, Value], output: Value) -> Any:
    """The Value of a name that the expression uses; or UsageError."""
    v = values.get(name)
    if v is None or v not in Graph.of(output).places:
        raise UsageError(f"got {name!r}, which the expression does not use; it uses: {', '.join(values) or 'no names'}")
    return v


def shown(x: Any) -> str:
    """A number to ten digits, an array as lists."""
    return f"{x:.10g}" if isinstance(x, (float, np.floating)) else str(np.asarray(x).tolist())


if __name__ == "__main__":
    sys.exit(main())
