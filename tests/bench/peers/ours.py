"""This project, as a peer: nn.training.train as it is."""

from __future__ import annotations

from nn import training
from nn.data.dataset import Dataset
from nn.runs.spec import RunSpec
from tests.bench.peers.serve import Training, serve


def train(pictures: Dataset, spec: RunSpec) -> Training:
    network, loss, optimizer = spec.build()
    events = training.train(
        network,
        loss,
        optimizer,
        pictures,
        **spec.training(),
    )

    def read(images):
        return network.probabilities(images).argmax(axis=1)

    yield read
    for event in events:
        if isinstance(event, training.Epoch):
            yield read


if __name__ == "__main__":
    serve(train)
