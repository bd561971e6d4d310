"""The Sweep page: what the configurations of a sweep came to, and starting one."""
