"""What autograd_mini costs, beside its peers: `python -m benchmarks`."""
