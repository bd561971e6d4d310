"""Digitscope without a screen: the network, the digits, the recorded runs."""
