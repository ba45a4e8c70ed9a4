"""Layers, and the functions that they apply, with the ops of their own."""
