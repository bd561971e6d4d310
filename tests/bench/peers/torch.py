"""PyTorch in its usual style: nn.Sequential, torch.optim.SGD, a plain loop, no DataLoader."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim.lr_scheduler import LambdaLR

from nn.data.dataset import Dataset
from nn.runs.spec import RunSpec
from nn.schedules import SCHEDULES
from tests.bench.peers.serve import Training, pixels, serve


def train(images: Dataset, spec: RunSpec) -> Training:
    x, y = torch.from_numpy(pixels(images.images)), torch.tensor(images.labels).long()
    torch.manual_seed(spec.seed)
    layers: list[nn.Module] = []
    for i, o in pairwise(spec.sizes):
        layers += [nn.Linear(i, o), nn.ReLU()]
        nn.init.kaiming_normal_(layers[-2].weight, nonlinearity="relu")
        nn.init.zeros_(layers[-2].bias)
    model = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.SGD(model.parameters(), lr=spec.lr, momentum=spec.momentum)
    steps = spec.epochs * -(-len(x) // spec.batch_size)
    schedule = LambdaLR(optimizer, lambda step: SCHEDULES[spec.lr_schedule](step / steps))

    @torch.no_grad()
    def predict(images):
        return model(torch.from_numpy(pixels(images))).argmax(dim=1).numpy()

    yield predict
    for _ in range(spec.epochs):
        for batch in torch.randperm(len(x)).split(spec.batch_size):
            loss = cross_entropy(model(x[batch]), y[batch], label_smoothing=spec.label_smoothing)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if spec.lr_schedule != "constant":
                schedule.step()
        yield predict


if __name__ == "__main__":
    serve(train)
