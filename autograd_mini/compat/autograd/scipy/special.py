"""`scipy.special` on Values."""

from . import lookup

__all__: list[str] = []

__getattr__ = lookup("special")
