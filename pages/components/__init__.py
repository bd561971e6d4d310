"""The Python side of each live component."""
