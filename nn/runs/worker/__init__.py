"""The worker: the process that trains a run and records it in the store."""
