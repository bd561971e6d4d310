"""The Draw page: draw a digit and see it classified, and why."""
