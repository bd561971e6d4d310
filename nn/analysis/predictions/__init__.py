"""Predictions: confusion, calibration, attribution and forgetting, as arrays."""
