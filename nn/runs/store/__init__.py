"""The store: the database between workers, which write, and pages, which read."""
