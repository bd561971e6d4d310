"""Digitscope itself: nn.training.train."""

from __future__ import annotations

from nn import training
from nn.data.dataset import Dataset
from nn.runs.spec import RunSpec
from nn.runs.store.queue import available_cores
from tests.bench.peers.serve import Training, serve


def train(images: Dataset, spec: RunSpec) -> Training:
    network, loss, optimizer = spec.build()
    events = training.train(
        network,
        loss,
        optimizer,
        images,
        **spec.training(),
        cores=available_cores(),
    )

    def predict(images):
        return network.probabilities(images).argmax(axis=1)

    yield predict
    for event in events:
        if isinstance(event, training.Epoch):
            yield predict


if __name__ == "__main__":
    serve(train)
