"""Preprocessing: from any image to a 28 × 28 image like those of MNIST."""
