"""``python -m tests.bench``: measured comparisons; never part of the tests."""

from tests.bench import live

if __name__ == "__main__":
    live.main()
