"""File formats: one module for each format that labeled images are read from and written to."""
