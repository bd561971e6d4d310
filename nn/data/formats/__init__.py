"""File formats of labeled images: one module per format, and ``any_format`` to choose by path."""
