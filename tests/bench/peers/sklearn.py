"""scikit-learn's MLPClassifier. Each epoch is one partial_fit on all images, which keeps the
weights and momentum of the epoch before."""

from __future__ import annotations

import numpy as np
from sklearn.neural_network import MLPClassifier

from nn.data.dataset import Dataset
from nn.runs.spec import RunSpec
from tests.bench.peers.serve import Training, pixels, serve


def train(images: Dataset, spec: RunSpec) -> Training:
    x, y = pixels(images.images), np.asarray(images.labels)
    model = MLPClassifier(
        spec.hidden,
        activation="relu",
        solver="sgd",
        alpha=0,
        batch_size=spec.batch_size,
        learning_rate_init=spec.lr,
        momentum=spec.momentum,
        nesterovs_momentum=False,
        shuffle=True,
        random_state=spec.seed,
    )

    def predict(images):
        return model.predict(pixels(images))

    yield predict
    for _ in range(spec.epochs):
        model.partial_fit(x, y, classes=np.arange(10))
        yield predict


if __name__ == "__main__":
    serve(train)
