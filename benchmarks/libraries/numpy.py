"""NumPy itself: there is nothing to differentiate, but it has to be imported."""

PACKAGE = "numpy"
MODULE = "numpy"
CAN = {"import"}
