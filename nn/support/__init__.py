"""Support: file and folder helpers that know nothing of networks."""
