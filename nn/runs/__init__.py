"""Runs: what to train (spec), where it is recorded (store), and what trains it (worker)."""
