"""`ArrayBox`, for questions of type: a Value. Its numbers are `v.data`, not `v._value`."""

from ....value import Value as ArrayBox

__all__ = ["ArrayBox"]
