"""Analysis of trained networks: arrays in, arrays out. Opens no store and writes no file."""
