"""Optimizers: they move parameters by what `backward` left in `.grad`."""

from .adam import Adam, Adamax, AdamW, NAdam, RAdam
from .descent import ASGD, SGD
from .optimizer import Optimizer

__all__ = ["ASGD", "SGD", "Adam", "AdamW", "Adamax", "NAdam", "Optimizer", "RAdam"]
