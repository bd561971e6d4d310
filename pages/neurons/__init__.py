"""The Neurons page: weights and activations of every neuron, at any snapshot."""
