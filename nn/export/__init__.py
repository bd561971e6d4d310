"""Exports: a run, a network or My digits as files to use elsewhere."""
