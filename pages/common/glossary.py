"""Glossary: each technical term on screen, explained in one sentence and in one paragraph.

Help texts and tooltips take their words from here, so that a term means the same on every page:
``help=term("epoch")``. The sentence is for everybody, and the paragraph for readers who want
more; the source is the work that introduced the term or method.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Term(NamedTuple):
    name: str  # as on a label
    sentence: str
    paragraph: str
    source: str = ""  # author, year, title; "" for common knowledge


def term(key: str) -> str:
    """The sentence for a help text or tooltip. Raises KeyError for an unknown key."""
    return TERMS[key].sentence


def term_with_options(key: str, options: Iterable[str]) -> str:
    """The sentence, then a Markdown list of the options that are in the glossary."""
    terms = [TERMS[option] for option in options if option in TERMS]
    return "\n".join([term(key), *(f"- **{each.name}**: {each.sentence}" for each in terms)])


TERMS: dict[str, Term] = {
    # The network
    "neuron": Term(
        "Neuron",
        "A unit that multiplies each input by a weight, adds everything up with a bias, and passes "
        "the sum through an activation function.",
        "A neuron in the first layer has 784 weights, one for each pixel of the image. Drawn as a "
        "28 × 28 image, the weights show the pattern that the neuron responds to.",
        "Rosenblatt 1958, The perceptron",
    ),
    "layer": Term(
        "Layer",
        "A group of neurons that all receive the same inputs and work side by side.",
        "The outputs of one layer are the inputs of the next. Layers between the image and the ten "
        "outputs are called hidden layers. With no hidden layer, the network can only compare an "
        "image with one pattern per digit.",
    ),
    "hidden_layers": Term(
        "Hidden layers",
        "How many neurons each hidden layer has, from input to output, for example 128 or 128, 64. "
        "Leave it empty for no hidden layer.",
        "More neurons can learn finer patterns, but they take longer to train and overfit more "
        "easily. A second layer combines the patterns that the first one found.",
    ),
    "weight": Term(
        "Weight",
        "A number that says how strongly one input pushes a neuron up (positive) or down "
        "(negative).",
        "Training means changing the weights and biases, a little at each step, so that the loss "
        "falls.",
    ),
    "bias": Term(
        "Bias",
        "A number added to a neuron’s weighted sum: how active the neuron is without any input.",
        "Each neuron has one bias in addition to its weights. It is learned the same way.",
    ),
    "weight_map": Term(
        "Weight map",
        "The weights of one neuron drawn as an image: blue where bright pixels activate the "
        "neuron, red where they suppress it.",
        "A neuron in the first layer has one weight per pixel, so its weights form a 28 × 28 "
        "image. For deeper layers, weights are projected to pixel space: the weight maps of the "
        "layer below are added up, each multiplied by the weight that connects it.",
    ),
    "weight_wall": Term(
        "Weight wall",
        "The weight maps of all neurons of a layer, side by side.",
        "The name is our own. At first every map is noise; as the network learns, strokes and "
        "edges appear.",
    ),
    "activation_function": Term(
        "Activation function",
        "The function that turns a neuron’s weighted sum into its output. Without it, several "
        "layers would be no better than one.",
        "ReLU is the usual choice: it is fast, and its gradient does not vanish for active "
        "neurons. Sigmoid and tanh flatten out for large sums, where learning becomes slow.",
    ),
    "relu": Term(
        "ReLU",
        "Rectified linear unit: passes positive sums unchanged and turns negative ones into 0.",
        "A ReLU neuron that outputs 0 for every image has gradient 0, so it stops learning: it is "
        "dead.",
        "Nair and Hinton 2010, Rectified linear units improve restricted Boltzmann machines",
    ),
    "leaky_relu": Term(
        "Leaky ReLU",
        "Like ReLU, but negative sums are divided by 100 instead of becoming 0.",
        "Thanks to the small slope, the gradient is never 0, so neurons do not die.",
        "Maas, Hannun and Ng 2013, Rectifier nonlinearities improve neural network acoustic models",
    ),
    "gelu": Term(
        "GELU",
        "A smooth version of ReLU that bends gently around 0.",
        "Gaussian error linear unit: x times the probability that a standard normal variable is "
        "less than x. Many large language models use it.",
        "Hendrycks and Gimpel 2016, Gaussian error linear units",
    ),
    "tanh": Term(
        "Tanh",
        "Hyperbolic tangent: squeezes any sum into the range from −1 to 1.",
        "It is a sigmoid stretched and shifted so that it is centered at 0, which makes learning "
        "easier than with a sigmoid.",
        "LeCun et al. 1998, Efficient BackProp",
    ),
    "sigmoid": Term(
        "Sigmoid",
        "Squeezes any sum into the range from 0 to 1, along an S-shaped curve.",
        "Also called the logistic function. In a hidden layer it learns slowly, because its slope "
        "is at most ¼. As an output, it gives ten independent yes-or-no probabilities.",
    ),
    "softmax": Term(
        "Softmax",
        "Turns ten scores into ten probabilities that add up to 1.",
        "Each score is exponentiated and divided by the sum over all ten. Raising one probability "
        "lowers the others.",
        "Bridle 1990, Probabilistic interpretation of feedforward classification network outputs",
    ),
    "logit": Term(
        "Logit",
        "The score of a digit before softmax turns the scores into probabilities.",
        "The difference of two logits is the logarithm of how many times more likely one digit is "
        "than the other.",
    ),
    "output": Term(
        "Output",
        "How the ten scores become probabilities: softmax makes them add up to 1; sigmoid gives "
        "ten independent yes-or-no answers.",
        "An image shows exactly one digit, so softmax fits the task. Sigmoid outputs were common "
        "in older programs.",
    ),
    "initialization": Term(
        "Initialization",
        "How the random weights are chosen before training.",
        "He initialization suits ReLU; Glorot and LeCun suit smooth activation functions. They "
        "choose the scale so that signals neither fade nor explode from layer to layer. U[−1, 1] "
        "and N(0, 1) give weights that are too large: training is slow, but good to watch.",
        "Glorot and Bengio 2010; He et al. 2015; LeCun et al. 1998, Efficient BackProp",
    ),
    "parameters": Term(
        "Parameters",
        "All weights and biases of the network: the numbers that training changes.",
        "A 784-128-10 network has 784 × 128 + 128 + 128 × 10 + 10 = 101,770 of them.",
    ),
    # Training
    "epoch": Term(
        "Epoch",
        "One pass over all training images.",
        "The images are shuffled before each epoch, so the order is different every time.",
    ),
    "step": Term(
        "Step",
        "One update of the weights, after one batch of images.",
        "With 55,000 training images and a batch size of 64, an epoch has 860 steps.",
    ),
    "batch_size": Term(
        "Batch size",
        "How many images the network sees before each update of its weights.",
        "A larger batch gives a steadier gradient but fewer updates per epoch. Very small batches "
        "are noisy, which can even help the network generalize.",
    ),
    "loss": Term(
        "Loss",
        "How wrong the predictions are, as one number: 0 would be perfect. Training makes it "
        "smaller.",
        "It is the mean over the images. Unlike accuracy, it also counts how confident a wrong or "
        "right prediction was, and it changes smoothly with the weights, so it has a gradient.",
    ),
    "smoothed_loss": Term(
        "Smoothed loss",
        "The average loss of recent steps: the trend behind the noisy loss of single batches.",
        "A running mean over about the last 1,000 images.",
    ),
    "cross_entropy": Term(
        "Cross-entropy",
        "A loss that penalizes confident mistakes most: minus the logarithm of the probability "
        "given to the correct digit.",
        "With softmax, its gradient is simply the probabilities minus the targets (1 for the "
        "correct digit, 0 for the others), which makes learning fast.",
        "Bishop 2006, Pattern Recognition and Machine Learning, eq. 4.108",
    ),
    "squared_error": Term(
        "Squared error",
        "A loss that squares the difference between each output and its target: 1 for the correct "
        "digit, 0 for the others.",
        "The older choice. With sigmoid outputs it learns slowly from confident mistakes, because "
        "the sigmoid is flat there.",
        "Nielsen 2015, Neural Networks and Deep Learning, ch. 1 and 3",
    ),
    "gradient": Term(
        "Gradient",
        "The direction in which the loss rises fastest, for all weights at once. Each step goes "
        "the opposite way.",
        "Backpropagation computes it in one backward pass through the layers, by the chain rule.",
        "Rumelhart, Hinton and Williams 1986, Learning representations by back-propagating errors",
    ),
    "learning_rate": Term(
        "Learning rate",
        "How large each update of the weights is. A higher rate learns faster, until it overshoots "
        "and the loss grows.",
        "The most important setting of all. If the loss explodes, divide it by 10; if the loss "
        "barely moves, multiply it by 10.",
    ),
    "lr_schedule": Term(
        "Learning rate schedule",
        "How the learning rate changes during the run. Lowering it toward the end lets the network "
        "settle.",
        "Cosine falls from the full rate to 0 along half a cosine. Step divides the rate by 10 "
        "halfway through the run and again after three quarters of it.",
        "Loshchilov and Hutter 2017, SGDR: stochastic gradient descent with warm restarts",
    ),
    "optimizer": Term(
        "Optimizer",
        "The rule that turns gradients into updates of the weights.",
        "SGD uses the gradient as it is, with momentum. Adam and RMSProp scale the update of each "
        "weight by how large its gradients usually are, and need a smaller learning rate, such as "
        "0.001.",
    ),
    "sgd": Term(
        "SGD",
        "Stochastic gradient descent: after each batch, every weight moves a little against its "
        "gradient.",
        "Stochastic, because the gradient comes from a random batch rather than from all images.",
        "Robbins and Monro 1951, A stochastic approximation method",
    ),
    "momentum": Term(
        "Momentum",
        "The share of the previous update that is added to the next one (SGD only), like a ball "
        "that keeps rolling.",
        "Higher values are faster along gentle slopes and slower to change direction. 0.9 is "
        "typical.",
        "Polyak 1964, Some methods of speeding up the convergence of iteration methods",
    ),
    "nesterov": Term(
        "Nesterov momentum",
        "Momentum that looks ahead: the gradient is taken where the ball is about to roll.",
        "It reacts a little earlier than plain momentum when the slope changes.",
        "Nesterov 1983; Sutskever et al. 2013, On the importance of initialization and momentum",
    ),
    "rmsprop": Term(
        "RMSProp",
        "An optimizer that divides each weight’s gradient by its typical size in recent steps.",
        "Weights with small gradients move as fast as those with large ones.",
        "Tieleman and Hinton 2012, Lecture 6e",
    ),
    "adam": Term(
        "Adam",
        "An optimizer that combines momentum with a separate scale for each weight.",
        "It keeps running means of the gradient and of its square. It works well without much "
        "tuning, at a learning rate near 0.001.",
        "Kingma and Ba 2015, Adam: a method for stochastic optimization",
    ),
    "adamw": Term(
        "AdamW",
        "Adam with weight decay applied to the weights themselves rather than to the gradient.",
        "In plain Adam, weight decay is rescaled together with the gradient and so works less "
        "well.",
        "Loshchilov and Hutter 2019, Decoupled weight decay regularization",
    ),
    # Regularization
    "regularization": Term(
        "Regularization",
        "Everything that keeps the network from memorizing the training images (overfitting).",
        "Augmentation, dropout, weight decay, label smoothing and early stopping each do this in a "
        "different way.",
    ),
    "overfitting": Term(
        "Overfitting",
        "The network memorizes its training images instead of learning what digits look like.",
        "You see it when the training loss keeps falling while the validation loss rises again.",
    ),
    "augmentation": Term(
        "Augmentation",
        "How strongly each training image is shifted, rotated, scaled, slanted and bent at random "
        "every time it is used.",
        "The network never sees the same image twice and has to learn what stays the same. Values "
        "up to 1 help with unusual handwriting but need more epochs.",
        "Simard, Steinkraus and Platt 2003, Best practices for convolutional neural networks",
    ),
    "dropout": Term(
        "Dropout",
        "The share of hidden neurons that is switched off at random in each training step.",
        "No neuron can rely on any particular other neuron, so each has to be useful by itself. "
        "For predictions, all neurons are on.",
        "Srivastava et al. 2014, Dropout: a simple way to prevent neural networks from overfitting",
    ),
    "weight_decay": Term(
        "Weight decay",
        "How strongly every weight is pulled toward 0 in each step.",
        "Only weights that keep lowering the loss stay large, so the weight maps become smoother. "
        "Try 0.0001. With too much, the network learns nothing.",
        "Krogh and Hertz 1991, A simple weight decay can improve generalization",
    ),
    "label_smoothing": Term(
        "Label smoothing",
        "The share of each label that is spread evenly over all ten digits.",
        "With 0.1, the target for the correct digit is 91 % instead of 100 %. The network becomes "
        "less overconfident.",
        "Szegedy et al. 2016, Rethinking the Inception architecture for computer vision, §7",
    ),
    "early_stopping": Term(
        "Early stopping (patience)",
        "End the run after this many epochs without a lower validation loss; 0 turns early "
        "stopping off.",
        "When the validation loss no longer falls, more training only overfits.",
        "Prechelt 1998, Early stopping: but when?",
    ),
    # Data
    "training_set": Term(
        "Training set",
        "The images that the network learns from.",
        "Of MNIST’s 60,000 training images, 5,000 are held out for validation by default.",
    ),
    "train_size": Term(
        "Training images",
        "How many training images the network learns from; 0 means all of them.",
        "With few images, a network memorizes them: it overfits.",
    ),
    "validation_set": Term(
        "Validation set",
        "Images held out from training, used to compare settings and to see overfitting.",
        "Keep them apart from the test set: if you choose settings by the test set, its accuracy "
        "no longer tells you how well the model will do on new images.",
    ),
    "test_set": Term(
        "Test set",
        "Images that were used neither for training nor for choosing settings: the final exam.",
        "MNIST’s test set has 10,000 images, by different writers than the training images.",
        "LeCun et al. 1998, Gradient-based learning applied to document recognition",
    ),
    "dataset": Term(
        "Dataset",
        "What to train on: MNIST has 70,000 handwritten digits; the built-in synthetic digits are "
        "drawn by Digitscope itself.",
        "Images are 28 × 28 pixels, white on black in shades of gray, with the digit centered.",
        "LeCun, Cortes and Burges, The MNIST database of handwritten digits",
    ),
    "seed": Term(
        "Seed",
        "The number that all randomness in a run starts from: the same seed gives the same run.",
        "It decides the initial weights, the order of the images, augmentation and dropout. Train "
        "with several seeds to see how much of a result is luck.",
    ),
    "seed_band": Term(
        "Seed band",
        "The line is the median of all seeds of a configuration, and the band reaches from the "
        "lowest to the highest one; from five seeds on, it has their middle half.",
        "Another seed begins with other weights and sees the images in another order. Where two "
        "bands overlap, the difference between two configurations may be luck.",
    ),
    "preprocessing": Term(
        "Preprocessing",
        "The steps that turn any drawing or photo into a 28 × 28 image like those of MNIST.",
        "The digit is separated from the paper, cleaned, cropped, scaled to 20 pixels, given a "
        "typical stroke width, and centered by its center of mass.",
        "LeCun et al. 1998, Gradient-based learning applied to document recognition",
    ),
    # Results
    "accuracy": Term(
        "Accuracy",
        "The share of images that are classified correctly.",
        "Always say on which images: training accuracy is higher than test accuracy when a model "
        "overfits.",
    ),
    "accuracy_estimate": Term(
        "Accuracy estimate",
        "The accuracy between two epochs, measured on only 500 images: right to about ± 2 points.",
        "On validation images, or on training images if none are held out. Few are used while the "
        "network trains, because measuring takes time from training; after each epoch, all are.",
    ),
    "confidence": Term(
        "Confidence",
        "The probability that the model assigns to its prediction.",
        "High confidence does not mean that the prediction is right; see calibration.",
    ),
    "calibration": Term(
        "Calibration",
        "Whether confidence can be trusted: of all predictions made with 90 % confidence, 90 % "
        "should be right.",
        "The expected calibration error (ECE) is the average gap between confidence and accuracy, "
        "over predictions grouped by confidence.",
        "Guo et al. 2017, On calibration of modern neural networks",
    ),
    "robustness": Term(
        "Robustness",
        "How accurate a model remains when images are damaged: by noise, blur, stripes or lines.",
        "Each kind of damage is a corruption. A model that never saw one in training may fail on "
        "images that people still recognize at once.",
        "Mu and Gilmer 2019, MNIST-C: A robustness benchmark for computer vision",
    ),
    "mcnemar": Term(
        "McNemar’s test",
        "Whether two models differ by more than chance, from the images that only one of them "
        "classifies correctly.",
        "Were both equally accurate, each such image would be classified correctly by either with "
        "equal probability. The p-value is the probability of a split at least this uneven. It "
        "is about these two trained networks; two seeds of one configuration may differ as much.",
        "McNemar 1947, Note on the sampling error of the difference between correlated proportions",
    ),
    "confusion_matrix": Term(
        "Confusion matrix",
        "A table that counts, for each actual digit (row), which digit was predicted (column).",
        "Correct predictions lie on the diagonal; every other cell is a kind of mistake.",
    ),
    "forgetting": Term(
        "Forgetting events",
        "How often an image was classified correctly at one snapshot but not at the next.",
        "Images that are forgotten many times are often unusual or mislabeled; many images are "
        "never forgotten.",
        "Toneva et al. 2019, An empirical study of example forgetting",
    ),
    "attribution": Term(
        "Attribution",
        "How much each pixel, or each neuron, contributed to a digit’s score.",
        "Input × gradient: the pixel’s brightness times how much the score changes with it. With "
        "ReLU neurons, the contributions and the biases’ share add up to the score exactly.",
        "Shrikumar et al. 2016, Not just a black box",
    ),
    "rejection": Term(
        "Rejection",
        "The pretrained model declines to classify an image that does not look like a digit.",
        "An image is rejected when its highest score is too low, given how long and complicated "
        "its strokes are. Models fine-tuned from the pretrained model do the same; others do not.",
    ),
    # Neurons
    "activation_rate": Term(
        "Activation rate",
        "The share of test images that activate this neuron.",
        "A neuron that is active for every image, or for none, does little to tell digits apart.",
    ),
    "preferred_digit": Term(
        "Preferred digit",
        "The digit whose images activate this neuron most, on average.",
        "Selectivity says how much more: 0 means the same for all digits, 1 means only this digit.",
    ),
    "weight_norm": Term(
        "Weight norm",
        "The overall size of a neuron’s weights: the square root of the sum of their squares.",
        "A neuron with a small norm usually has little effect.",
    ),
    "similarity": Term(
        "Similarity",
        "How alike two weight maps are: 1 means the same pattern, 0 nothing in common, −1 the "
        "opposite.",
        "It is the cosine of the angle between the two weight vectors, whatever their length.",
    ),
    "duplicates": Term(
        "Duplicates",
        "Neurons with nearly the same weights as another one.",
        "Many duplicates mean that the layer is wider than it needs to be.",
    ),
    "dead_neuron": Term(
        "Dead neuron",
        "A neuron that gives the same output for every image and so contributes nothing.",
        "ReLU neurons die when a large update pushes their sums below 0 for all images.",
    ),
    "spatial_autocorrelation": Term(
        "Spatial autocorrelation",
        "Whether neighboring weights are alike: near 0 for noise, near 1 for smooth strokes.",
        "It usually rises while a neuron learns, so it shows how much each neuron has learned.",
        "Moran 1950, Notes on continuous stochastic phenomena",
    ),
    "ablation": Term(
        "Ablation",
        "Switching a neuron off to see what the network loses without it.",
        "The neuron’s output is set to 0 and the test accuracy is measured again, for each digit.",
    ),
    "outgoing_weights": Term(
        "Outgoing weights",
        "The weights that connect this neuron to the next layer.",
        "They say which digits, or which neurons, it supports (blue) or opposes (red).",
    ),
    "top_activating": Term(
        "Top activating images",
        "The test images that activate this neuron most and least.",
        "What they have in common is what the neuron has learned to detect.",
    ),
    # Runs
    "run": Term(
        "Run",
        "One training of a network, from start to finish, with everything recorded about it.",
        "A run can be paused, stopped, resumed, inspected at any snapshot, and exported.",
    ),
    "race": Term(
        "Race",
        "Two to four configurations that train side by side, on the same images in the same order.",
        "In lockstep, no two of them are further apart than the largest batch, so that their "
        "accuracies can be compared at any time. Afterward each is an ordinary run, the same as if "
        "it had trained alone.",
    ),
    "snapshot": Term(
        "Snapshot",
        "The network’s weights at one step of the run, kept so that you can look back.",
        "Snapshots are spaced logarithmically, because most of the learning happens early.",
    ),
    "checkpoint": Term(
        "Checkpoint",
        "Everything needed to continue a run exactly where it stopped.",
        "Weights in full precision, the optimizer’s state, and the position in the data.",
    ),
    "fine_tuning": Term(
        "Fine-tuning",
        "Training a finished model a little further, on new images such as your own digits.",
        "It starts from the model’s weights with a small learning rate, and mixes the new images "
        "with the old ones so that the model does not forget what it learned.",
    ),
}
