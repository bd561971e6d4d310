"""Data: where labeled images come from, and the preprocessing that makes any image like MNIST's."""
