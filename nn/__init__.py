"""Digitscope without a screen: the network, its data, training, runs and analysis."""

IMAGE_SIDE = 28  # pixels: height and width of every image that a network takes, as in MNIST
PIXELS = IMAGE_SIDE**2  # 784: the network's inputs
