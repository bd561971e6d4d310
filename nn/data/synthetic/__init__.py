"""Synthetic data: handwriting and non-digits drawn by the program itself."""
