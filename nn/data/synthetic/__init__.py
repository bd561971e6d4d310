"""Synthetic images: handwritten digits, scribbles that are not digits, and rendered pen strokes."""
