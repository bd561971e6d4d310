"""The settings in the sidebar, as a RunSpec. They live in the URL, so a link reproduces them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import streamlit as st

from nn.data import mnist, sources
from nn.errors import UserError
from nn.initializers import INITIALIZERS
from nn.layers import ACTIVATIONS, OUTPUTS
from nn.losses import LOSSES
from nn.optimizers import OPTIMIZERS
from nn.runs.presets import PRESETS, Preset
from nn.runs.spec import MAX_EPOCHS, MAX_LR, RunSpec, parse_hidden
from nn.schedules import SCHEDULES
from pages.common import state
from pages.common.glossary import term
from pages.common.text import plain

Ask = Callable[[str, str, Any, str], None]  # draw a widget: label, field, preset's value, help


class Setting(NamedTuple):
    """How one field of a RunSpec is set."""

    label: str
    help: str
    ask: Ask


# Labels of values, where the label is not the value itself.
WORDS = {
    "relu": "ReLU", "leaky_relu": "leaky ReLU", "gelu": "GELU", "cross_entropy": "cross-entropy",
    "squared_error": "squared error", "he": "He", "glorot": "Glorot", "lecun": "LeCun",
    "uniform": "U[−1, 1]", "normal": "N(0, 1)", "sgd": "SGD", "rmsprop": "RMSProp", "adam": "Adam",
    "adamw": "AdamW", "warm_up_linear": "warm-up, then linear", "mnist": "MNIST",
    "strokes": "built-in synthetic digits",
}  # fmt: skip


def words(label: str, name: str, value: str, help: str) -> None:
    st.text_input(label, value, key=name, help=help, bind="query-params")


def one_of(names: Iterable[str]) -> Ask:
    def ask(label: str, name: str, value: str, help: str) -> None:
        options = list(names)
        st.selectbox(
            label,
            options,
            options.index(value),
            key=name,
            help=help,
            format_func=lambda option: WORDS.get(option, option),
            bind="query-params",
        )

    return ask


def number(low: float, high: float, step: float) -> Ask:
    def ask(label: str, name: str, value: float, help: str) -> None:
        form = "%d" if isinstance(step, int) else "%.4g"
        st.number_input(
            label, low, high, value, step, form, key=name, help=help, bind="query-params"
        )

    return ask


def dataset(label: str, name: str, value: str, help: str) -> None:
    here = [source for source in sources.DATASETS if source == "strokes" or mnist.find()]
    one_of(here)(label, name, value, help)


GROUPS: dict[str, dict[str, Setting]] = {
    "Network": {
        "hidden": Setting(
            "Hidden layers",
            term("hidden_layers"),
            words,
        ),
        "activation": Setting(
            "Activation function",
            term("activation_function"),
            one_of(ACTIVATIONS),
        ),
        "output": Setting(
            "Output",
            term("output"),
            one_of(OUTPUTS),
        ),
        "initializer": Setting(
            "Initialization",
            term("initialization"),
            one_of(INITIALIZERS),
        ),
    },
    "Training": {
        "epochs": Setting(
            "Epochs",
            term("epoch"),
            number(1, MAX_EPOCHS, 1),
        ),
        "lr": Setting(
            "Learning rate",
            term("learning_rate"),
            number(0.0001, MAX_LR, 0.01),
        ),
        "lr_schedule": Setting(
            "Learning rate schedule",
            term("lr_schedule"),
            one_of(SCHEDULES),
        ),
        "batch_size": Setting(
            "Batch size",
            term("batch_size"),
            number(1, 10_000, 1),
        ),
        "optimizer": Setting(
            "Optimizer",
            term("optimizer"),
            one_of(OPTIMIZERS),
        ),
        "momentum": Setting(
            "Momentum",
            term("momentum"),
            number(0.0, 0.9999, 0.05),
        ),
        "loss": Setting(
            "Loss",
            term("loss"),
            one_of(LOSSES),
        ),
    },
    "Regularization": {
        "augmentation": Setting(
            "Augmentation",
            term("augmentation"),
            number(0.0, 2.0, 0.1),
        ),
        "dropout": Setting(
            "Dropout",
            term("dropout"),
            number(0.0, 0.95, 0.1),
        ),
        "weight_decay": Setting(
            "Weight decay",
            term("weight_decay"),
            number(0.0, 1.0, 0.0001),
        ),
        "label_smoothing": Setting(
            "Label smoothing",
            term("label_smoothing"),
            number(0.0, 0.9, 0.05),
        ),
        "early_stopping_patience": Setting(
            "Early stopping (patience)",
            term("early_stopping"),
            number(0, 10_000, 1),
        ),
    },
    "Data": {
        "dataset": Setting(
            "Dataset",
            term("dataset"),
            dataset,
        ),
        "seed": Setting(
            "Seed",
            term("seed"),
            number(0, 2**32 - 1, 1),
        ),
    },
}
FIELDS = [name for group in GROUPS.values() for name in group]


def spec() -> RunSpec | None:
    """Draw all settings; None, with an error message, while they are not valid."""
    with st.sidebar:
        st.pills(
            "Preset",
            list(PRESETS),
            default=next(iter(PRESETS)),
            required=True,
            key=state.PRESET,
            on_change=fill_in_preset,
            bind="query-params",
            help="A configuration to start from. Choosing one fills in the settings below.",
        )
        preset = _preset()
        st.caption(preset.description)
        if not mnist.find():
            _offer_mnist()
        for title, settings in GROUPS.items():
            with st.expander(title):
                for name, setting in settings.items():
                    setting.ask(setting.label, name, _shown(preset.spec, name), setting.help)
        try:
            return chosen()
        except UserError as error:
            st.error(plain(str(error)))
            return None


def _offer_mnist() -> None:
    st.caption(
        "Training on built-in synthetic digits. Download MNIST to train on real handwriting."
    )
    if st.button("Download MNIST (11 MB)", icon=":material/download:"):
        bar = st.progress(0.0, "Downloading MNIST")
        try:
            mnist.download(lambda done, total: bar.progress(min(1.0, done / total)))
        except UserError as error:
            st.error(plain(str(error)))
        else:
            st.session_state["dataset"] = "mnist"
            st.rerun()


def fill_in_preset() -> None:
    """Set every setting to the preset’s value."""
    for name in FIELDS:
        st.session_state[name] = _shown(_preset().spec, name)


def chosen() -> RunSpec:
    """The settings as a RunSpec. Raises UserError while they are not valid."""
    preset = _preset().spec
    values = {name: st.session_state.get(name, _shown(preset, name)) for name in FIELDS}
    values["hidden"] = parse_hidden(values["hidden"])
    return dataclasses.replace(preset, **values)


def _preset() -> Preset:
    return PRESETS[st.session_state[state.PRESET]]


def _shown(spec: RunSpec, name: str) -> Any:
    """A preset’s value of a field, as its widget holds it."""
    if name == "hidden":
        return ", ".join(map(str, spec.hidden))
    return sources.default_dataset() if name == "dataset" else getattr(spec, name)
