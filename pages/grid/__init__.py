"""The Grid page: many small networks that differ in two settings, side by side."""
