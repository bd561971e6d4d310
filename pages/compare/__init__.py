"""The Compare page: curves and settings of several runs side by side."""
