"""PyTorch on the CPU through torch.compile; slow to start, so it is measured when asked for by name."""

import torch

from .torch import adapter

ADAPTER = adapter(torch.compile)
ADAPTER.CAN = ADAPTER.CAN - {"hessian", "import"}  # torch.compile has no second derivatives
