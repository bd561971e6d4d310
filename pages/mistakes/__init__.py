"""The Mistakes page: what a model gets wrong."""
