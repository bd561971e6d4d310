"""Test accuracy of the preset ``accurate`` on MNIST; takes about ten minutes."""

from __future__ import annotations

from nn.data import mnist, sources
from nn.runs.presets import PRESETS
from nn.runs.store.queue import available_cores
from nn.training import Epoch, train
from tests.bench.report import Report


def run(report: Report) -> None:
    if mnist.find() is None or "accurate" not in PRESETS:
        report.say(f"This needs the preset accurate and MNIST. {mnist.HOW_TO_GET}")
        return
    spec = PRESETS["accurate"].spec
    splits = sources.load_splits(spec.dataset, spec.validation_size, spec.seed)
    events = train(
        *spec.build(),
        splits.train,
        **spec.training(),
        validation=splits.validation,
        test=splits.test,
        cores=available_cores(),
    )
    for event in events:
        if isinstance(event, Epoch):
            report.say(f"epoch {event.epoch}: validation accuracy {event.validation.accuracy:.2%}")
    report.at_least("accurate: test accuracy on MNIST", event.test.accuracy, 0.993)
    report.at_most("accurate: seconds of training", event.seconds, 600)
