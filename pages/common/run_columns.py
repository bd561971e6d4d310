"""The columns of every table of runs: all figures and settings of a run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from nn.network import parameter_count
from nn.runs.spec import RunSpec
from nn.runs.store.store import Run
from pages.common import state
from pages.common.glossary import term
from pages.common.setting_text import FIELDS, text_of

Epoch = dict[str, Any]  # the run's last complete one, as RunStore.last_epochs; empty without one

# How st.dataframe shows them.
CONFIG = {
    "Name": st.column_config.TextColumn(pinned=True),
    "Epochs done": st.column_config.NumberColumn(help=term("epoch")),
    "Test accuracy": st.column_config.NumberColumn(format="percent", help=term("accuracy")),
    "Best test accuracy": st.column_config.NumberColumn(format="percent"),
    "Validation accuracy": st.column_config.NumberColumn(format="percent"),
    "Images seen": st.column_config.NumberColumn(format="localized"),
    "Parameters": st.column_config.NumberColumn(format="localized"),
    "Images per second": st.column_config.NumberColumn(format="localized"),
    "Seconds of training": st.column_config.NumberColumn(format="%.2f"),
    "Started": st.column_config.DatetimeColumn(format="distance"),
}  # fmt: skip


def columns() -> dict[str, Callable[[Run, Epoch], object]]:
    """Every figure and setting of a run: the column's name → its value."""

    def figure(of: Callable[[Run], object]) -> Callable[[Run, Epoch], object]:
        return lambda run, _: of(run)

    def last(name: str) -> Callable[[Run, Epoch], object]:
        return lambda _, epoch: epoch.get(name)

    def setting(field: str) -> Callable[[Run, Epoch], object]:
        return lambda run, _: _setting(run.spec, field)

    return {
        "Name": figure(lambda run: run.name),
        "State": figure(lambda run: run.state.capitalize()),
        "Network": figure(lambda run: "-".join(map(str, run.spec.sizes))),
        "Dataset": setting("dataset"),
        "Epochs done": figure(lambda run: run.epoch),
        "Test accuracy": figure(lambda run: run.test_accuracy),
        "Started": figure(lambda run: datetime.fromtimestamp(run.created, UTC)),
        "Best test accuracy": last("best_test_accuracy"),
        "Best epoch": last("best_epoch"),
        "Validation accuracy": last("val_accuracy"),
        "Training loss": last("train_loss"),
        "Validation loss": last("val_loss"),
        "Batches": figure(lambda run: run.step),
        "Images seen": figure(lambda run: run.samples_seen),
        "Seconds of training": figure(lambda run: run.seconds),
        "Images per second": lambda _, epoch: round(epoch.get("images_per_second") or 0) or None,
        "Parameters": figure(lambda run: parameter_count(run.spec.sizes)),
        "Started by": figure(_started_by),
        "Keeps all snapshots": figure(lambda run: run.pinned),
        "Message": figure(lambda run: run.message),
        "Run": figure(lambda run: run.id),
    } | {
        FIELDS[field.name]: setting(field.name)
        for field in fields(RunSpec)
        if field.name != "dataset"
    }


def _setting(spec: RunSpec, field: str) -> object:
    """Numbers and truth values as such, so that the table sorts them; others as text."""
    value = getattr(spec, field)
    is_text = field in ("dataset", "hidden", "extra_data", "init_from") or isinstance(value, str)
    return text_of(spec, field) if is_text else value


def _started_by(run: Run) -> str:
    if state.owns(run):
        return "you"
    return "another visitor" if run.owner else "the command line"
