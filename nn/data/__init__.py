"""Digits in: where labelled pictures come from, and how any picture gets into MNIST's frame."""
