"""The settings in the sidebar, as a RunSpec; in the address too, so that a link carries them."""

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
from pages.common.text import plain

Ask = Callable[[str, str, Any, str], None]  # draw a widget: label, field, preset's value, help


class Setting(NamedTuple):
    """How one field of a RunSpec is asked for."""

    label: str
    help: str  # what turning it up does
    ask: Ask


# The field's words for what a RunSpec spells otherwise.
WORDS = {
    "relu": "ReLU", "leaky_relu": "leaky ReLU", "gelu": "GELU", "cross_entropy": "cross-entropy",
    "squared_error": "squared error", "he": "He", "glorot": "Glorot", "lecun": "LeCun",
    "uniform": "U[−1, 1]", "normal": "N(0, 1)", "sgd": "SGD", "rmsprop": "RMSProp", "adam": "Adam",
    "adamw": "AdamW", "warm_up_linear": "warm-up, then linear", "mnist": "MNIST",
    "strokes": "built-in strokes",
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
            "How many neurons each hidden layer has, from input to output, for example 128 or "
            "128, 64; nothing for none. More neurons learn finer things and take longer.",
            words,
        ),
        "activation": Setting(
            "Activation",
            "What a hidden neuron makes of its sum. ReLU passes what is positive and learns "
            "fastest; sigmoid and tanh are smooth and flatten out.",
            one_of(ACTIVATIONS),
        ),
        "output": Setting(
            "Output",
            "Softmax: ten probabilities that add up to 1. Sigmoid: ten separate yes-or-no answers.",
            one_of(OUTPUTS),
        ),
        "initializer": Setting(
            "First weights",
            "How the weights are drawn before learning. He suits ReLU, LeCun and Glorot the smooth "
            "activations; U[−1, 1] and N(0, 1) are large: slow to change, pretty to watch.",
            one_of(INITIALIZERS),
        ),
    },
    "Training": {
        "epochs": Setting(
            "Epochs",
            "How often it goes through all the training digits.",
            number(1, MAX_EPOCHS, 1),
        ),
        "lr": Setting(
            "Learning rate",
            "How far the network moves after each batch of digits. Higher learns faster, until it "
            "overshoots and learns nothing at all.",
            number(0.0001, MAX_LR, 0.01),
        ),
        "lr_schedule": Setting(
            "Schedule",
            "How the rate changes over the run. Falling to nothing, as along a cosine, lets it "
            "settle at the end.",
            one_of(SCHEDULES),
        ),
        "batch_size": Setting(
            "Batch",
            "How many digits it looks at before each move. More: steadier and faster moves, but "
            "fewer of them.",
            number(1, 10_000, 1),
        ),
        "optimizer": Setting(
            "Optimizer",
            "The rule that turns slopes into moves. SGD needs its rate chosen with care; Adam "
            "scales every weight's step by itself and wants a small rate such as 0.001.",
            one_of(OPTIMIZERS),
        ),
        "momentum": Setting(
            "Momentum",
            "How much of the last move is carried on (SGD alone). Higher: faster over flat ground, "
            "slower to turn.",
            number(0.0, 0.9999, 0.05),
        ),
        "loss": Setting(
            "Loss",
            "What counts as wrong. Cross-entropy punishes confident mistakes hardest and learns "
            "faster; squared error is the older choice.",
            one_of(LOSSES),
        ),
    },
    "Against learning by heart": {
        "augmentation": Setting(
            "Augmentation",
            "How strongly digits are shifted, turned, stretched and bent each time they are seen. "
            "Up to 1: reads strange handwriting better, takes longer.",
            number(0.0, 2.0, 0.1),
        ),
        "dropout": Setting(
            "Dropout",
            "The share of hidden neurons that are switched off at random in each step. Higher: no "
            "neuron can rely on another, and learning takes longer.",
            number(0.0, 0.95, 0.1),
        ),
        "weight_decay": Setting(
            "Weight decay",
            "How strongly large weights are pulled back. Higher: smoother pictures, until nothing "
            "is learned. Try 0.0001.",
            number(0.0, 1.0, 0.0001),
        ),
        "label_smoothing": Setting(
            "Label smoothing",
            "The share of the truth spread over all digits. Higher: it is less sure of itself.",
            number(0.0, 0.9, 0.05),
        ),
        "early_stopping_patience": Setting(
            "Patience",
            "End after so many epochs without a lower validation loss; 0: never early.",
            number(0, 10_000, 1),
        ),
    },
    "Digits": {
        "dataset": Setting(
            "Dataset",
            "MNIST: 70,000 digits that people wrote. Built-in strokes: drawn by Digitscope itself.",
            dataset,
        ),
        "seed": Setting(
            "Seed",
            "Where chance begins: first weights, order of the digits. The same seed gives the same "
            "run; another one shows how much was luck.",
            number(0, 2**32 - 1, 1),
        ),
    },
}
FIELDS = [name for group in GROUPS.values() for name in group]


def spec() -> RunSpec | None:
    """Ask for everything; None, with a sentence, while the answers make no network."""
    with st.sidebar:
        st.pills(
            "Preset",
            list(PRESETS),
            default=next(iter(PRESETS)),
            required=True,
            key=state.PRESET,
            on_change=fill_in_preset,
            bind="query-params",
            help="A recipe to start from. Choosing one fills in the settings below.",
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
    st.caption("It learns from built-in handwriting: MNIST is not on this computer.")
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
    """Set every other setting to the preset's."""
    for name in FIELDS:
        st.session_state[name] = _shown(_preset().spec, name)


def chosen() -> RunSpec:
    """What the settings say now. Raises UserError when that makes no network."""
    preset = _preset().spec
    values = {name: st.session_state.get(name, _shown(preset, name)) for name in FIELDS}
    values["hidden"] = parse_hidden(values["hidden"])
    return dataclasses.replace(preset, **values)


def _preset() -> Preset:
    return PRESETS[st.session_state[state.PRESET]]


def _shown(spec: RunSpec, name: str) -> Any:
    """A field of a preset as its widget holds it."""
    if name == "hidden":
        return ", ".join(map(str, spec.hidden))
    return sources.default_dataset() if name == "dataset" else getattr(spec, name)
