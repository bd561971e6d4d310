"""Runs: what to train (spec), where it is recorded (store), who trains it (worker)."""
