"""Support: helpers for files and folders."""
