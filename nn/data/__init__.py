"""Digits in: where labeled pictures come from, and how any picture gets into MNIST's frame."""
