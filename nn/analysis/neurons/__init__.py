"""Neurons: weights, activations and statistics of single units, as arrays."""
