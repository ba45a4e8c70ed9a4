"""Networks of Values: modules, losses and optimizers, on the public names of autograd_mini alone.

>>> import numpy as np
>>> from nn import Linear, SGD, Sequential, Tanh, mse_loss
>>> rng = np.random.default_rng(0)
>>> net = Sequential(Linear(2, 3, rng=rng), Tanh(), Linear(3, 1, rng=rng))
>>> optimizer = SGD(net.parameters(), lr=0.1)
>>> x, target = np.ones((4, 2)), np.zeros((4, 1))
>>> loss = mse_loss(net(x), target)
>>> loss.backward()
>>> optimizer.step()
>>> bool(mse_loss(net(x), target) < loss)
True
"""

from . import worked_example
from .activations import Logistic, ReLU, Tanh
from .container import ModuleDict, ModuleList, Residual, Sequential
from .linear import Linear
from .losses import half_squared_error, mse_loss
from .module import Module
from .neuron import Layer, Neuron
from .optim import ASGD, SGD, Adam, Adamax, AdamW, NAdam, Optimizer, RAdam
from .saving import load, save, saved_metadata, saved_state
from .summary import summary
from .training import Training

__all__ = [
    "ASGD",
    "SGD",
    "Adam",
    "AdamW",
    "Adamax",
    "Layer",
    "Linear",
    "Logistic",
    "Module",
    "ModuleDict",
    "ModuleList",
    "NAdam",
    "Neuron",
    "Optimizer",
    "RAdam",
    "ReLU",
    "Residual",
    "Sequential",
    "Tanh",
    "Training",
    "half_squared_error",
    "load",
    "mse_loss",
    "save",
    "saved_metadata",
    "saved_state",
    "summary",
    "worked_example",
]
