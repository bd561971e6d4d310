"""The preset ``accurate`` on MNIST's test set; takes its ten minutes."""

from __future__ import annotations

from nn.data import mnist, sources
from nn.runs.presets import PRESETS
from nn.training import Epoch, train
from tests.bench.report import Report


def run(report: Report) -> None:
    if mnist.find() is None or "accurate" not in PRESETS:
        report.say(f"This needs the preset accurate, and MNIST. {mnist.HOW_TO_GET}")
        return
    spec = PRESETS["accurate"].spec
    splits = sources.load_splits(spec.dataset, spec.validation_size, spec.seed)
    events = train(
        *spec.build(),
        splits.train,
        **spec.training(),
        validation=splits.validation,
        test=splits.test,
    )
    for event in events:
        if isinstance(event, Epoch):
            report.say(f"epoch {event.epoch}: {event.validation.accuracy:.2%} of validation")
    report.at_least("accurate: share of MNIST's test set", event.test.accuracy, 0.993)
    report.at_most("accurate: seconds of training", event.seconds, 600)
