"""The Train page: choose settings, press Start and watch a network learn."""
