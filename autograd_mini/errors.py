"""Every error of the library: an AutogradError and the built-in kind that it resembles."""

__all__ = [
    "AnomalyError",
    "AutogradError",
    "BackendError",
    "ConvergenceError",
    "DegenerateError",
    "DerivativeError",
    "DetachError",
    "DtypeError",
    "MutationError",
    "NoAttributeError",
    "NoRuleError",
    "ShapeError",
    "TraceError",
    "UsageError",
]


class AutogradError(Exception):
    """Base of all errors raised on purpose by autograd_mini and nn."""


class ShapeError(AutogradError, ValueError):
    """Shapes that do not fit: of operands, of a seed, of a layer's input."""


class DtypeError(AutogradError, TypeError):
    """Data that a Value cannot hold, or an operand that an op cannot take."""


class BackendError(AutogradError, RuntimeError):
    """Native code that cannot be made here: without a C compiler, or with one that fails."""


class ConvergenceError(AutogradError, RuntimeError):
    """An iteration that did not arrive."""


class DetachError(AutogradError, TypeError):
    """A conversion that would lose the derivative without being asked to."""


class NoRuleError(AutogradError, TypeError):
    """A function of NumPy that has no rule here, or an op without the derivative asked for."""


class AnomalyError(AutogradError, ArithmeticError):
    """A gradient that is nan or infinite, found while watching for it."""


class NoAttributeError(AutogradError, AttributeError):
    """An attribute that NumPy's arrays have and a Value has not, with the reason."""


class MutationError(AutogradError, RuntimeError):
    """Data that belongs to a recorded computation was changed, or was about to be."""


class TraceError(AutogradError, TypeError):
    """A step that depends on the numbers of a Value while a function is compiled for all numbers."""


class UsageError(AutogradError, ValueError):
    """An argument with a value that the function does not take."""


class DerivativeError(AutogradError, AssertionError):
    """A derivative that differs from what differences measure."""


class DegenerateError(AutogradError, ValueError):
    """A derivative that does not exist, as vectors of coinciding eigenvalues or a phase could be chosen otherwise."""
