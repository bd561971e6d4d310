"""The settings in the sidebar, as a RunSpec. They live in the URL, so a link reproduces them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

import streamlit as st

from nn.data import mnist, sources
from nn.errors import FieldError, UserError
from nn.initializers import INITIALIZERS
from nn.layers import ACTIVATIONS, OUTPUTS
from nn.losses import LOSSES
from nn.optimizers import OPTIMIZERS
from nn.runs.presets import PRESETS
from nn.runs.spec import LIMITS, RunSpec
from nn.schedules import SCHEDULES
from pages.common import url_state
from pages.common.glossary import term, term_with_options
from pages.common.setting_text import FIELDS, LABELS
from pages.common.text import plain
from pages.common.url_state import PRESET, VALUES, VARY
from pages.server import runs_api
from pages.train import state

Ask = Callable[[str, str, str], None]  # draw a widget: label, field, help


class Setting(NamedTuple):
    """How one field of a RunSpec is set."""

    label: str
    help: str
    read: Callable[[str, Any, list[str]], Any]  # field, default, problems → the URL's value
    ask: Ask


def text(label: str, key: str) -> Setting:
    def ask(label: str, name: str, help: str) -> None:
        st.text_input(label, key=name, help=help, persist_state="session")

    def read(name: str, default: str, problems: list[str]) -> str:
        return url_state.read(name, default)

    return Setting(label, term(key), read, ask)


def choice(label: str, key: str, find_options: Callable[[], Iterable[str]]) -> Setting:
    def ask(label: str, name: str, help: str) -> None:
        st.selectbox(
            label,
            list(find_options()),
            key=name,
            help=help,
            format_func=lambda option: LABELS.get(option, option),
            persist_state="session",
        )

    def read(name: str, default: str, problems: list[str]) -> str:
        return url_state.read_option(name, list(find_options()), default, problems)

    return Setting(label, term_with_options(key, find_options()), read, ask)


def number(label: str, key: str, step: float) -> Setting:
    def ask(label: str, name: str, help: str) -> None:
        low, high = LIMITS[name]
        form = "%d" if isinstance(step, int) else "%.4g"
        st.number_input(
            label, low, high, step=step, format=form, key=name, help=help, persist_state="session"
        )

    def read(name: str, default: float, problems: list[str]) -> float:
        low, high = LIMITS[name]
        return url_state.read_number(name, low, high, default, problems)

    return Setting(label, term(key), read, ask)


def datasets() -> list[str]:
    return [name for name in sources.DATASETS if name == "strokes" or mnist.find()]


GROUPS: dict[str, dict[str, Setting]] = {
    "Network": {
        "hidden": text(FIELDS["hidden"], "hidden_layers"),
        "activation": choice(FIELDS["activation"], "activation_function", lambda: ACTIVATIONS),
        "output": choice(FIELDS["output"], "output", lambda: OUTPUTS),
        "initializer": choice(FIELDS["initializer"], "initialization", lambda: INITIALIZERS),
    },
    "Training": {
        "epochs": number(FIELDS["epochs"], "epoch", 1),
        "lr": number(FIELDS["lr"], "learning_rate", 0.01),
        "lr_schedule": choice(FIELDS["lr_schedule"], "lr_schedule", lambda: SCHEDULES),
        "batch_size": number(FIELDS["batch_size"], "batch_size", 1),
        "optimizer": choice(FIELDS["optimizer"], "optimizer", lambda: OPTIMIZERS),
        "momentum": number(FIELDS["momentum"], "momentum", 0.05),
        "loss": choice(FIELDS["loss"], "loss", lambda: LOSSES),
    },
    "Regularization": {
        "augmentation": number(FIELDS["augmentation"], "augmentation", 0.1),
        "dropout": number(FIELDS["dropout"], "dropout", 0.1),
        "weight_decay": number(FIELDS["weight_decay"], "weight_decay", 0.0001),
        "label_smoothing": number(FIELDS["label_smoothing"], "label_smoothing", 0.05),
        "early_stopping_patience": number(FIELDS["early_stopping_patience"], "early_stopping", 1),
    },
    "Data": {
        "dataset": choice(FIELDS["dataset"], "dataset", datasets),
        "train_size": number(f"{FIELDS['train_size']} (0: all)", "train_size", 500),
        "seed": number(FIELDS["seed"], "seed", 1),
    },
}
SETTINGS = {name: setting for group in GROUPS.values() for name, setting in group.items()}


def spec() -> tuple[RunSpec | None, str]:
    """→ what the settings say, or None and why they are not valid."""
    _read_link()
    _write_url()
    chosen, problem, _ = _chosen()
    return chosen, problem


def show() -> None:
    """Draw all settings in the sidebar; a problem stands at the field that has to be changed."""
    preset = state.preset()
    _, problem, wrong = _chosen()
    with st.sidebar:
        for message in state.link_problems():
            st.warning(plain(message))
        st.pills(
            "Preset",
            list(PRESETS),
            required=True,
            format_func=lambda name: PRESETS[name].title,
            key=PRESET,
            persist_state="session",
            on_change=fill_in_preset,
            help="A configuration to start from. Choosing one fills in the settings below.",
        )
        st.caption(preset.description)
        if not mnist.find():
            _offer_mnist()
        for title, group in GROUPS.items():
            if wrong in group:
                state.open_group(title)
            expander = st.expander(title, key=state.group_key(title), on_change="rerun")
            if not expander.open:  # all fields at once take the browser long to load
                continue
            with expander:
                for name, setting in group.items():
                    setting.ask(setting.label, name, setting.help)
                    if name == wrong:
                        st.error(plain(problem))
        if problem and not wrong:
            st.error(plain(problem))


def _read_link() -> None:
    """Give the widgets their first values: what the URL says, else what the preset says."""
    problems: list[str] = []
    name = url_state.read_option(PRESET, PRESETS, state.DEFAULT_PRESET, problems)
    state.initialize({PRESET: name})
    spec = state.preset().spec
    state.initialize(
        {name: each.read(name, _field(spec, name), problems) for name, each in SETTINGS.items()}
    )
    if problems:
        state.keep_link_problems(problems)


def _write_url() -> None:
    """Put into the URL what differs from the preset."""
    name = state.preset_name()
    parameters = _parameters(name, state.settings(SETTINGS))
    url_state.write_all(parameters | {PRESET: None if name == state.DEFAULT_PRESET else name})


def _parameters(preset: str, values: Mapping[str, Any]) -> dict[str, object]:
    """The parameters of the URL for the settings: None where they are the preset's."""
    parameters: dict[str, object] = {PRESET: preset}
    for field, value in values.items():
        text = f"{value:.10g}" if isinstance(value, float) else value
        parameters[field] = None if value == _field(PRESETS[preset].spec, field) else text
    return parameters


def link(spec: RunSpec | None) -> tuple[str, str]:
    """→ the query of a link that fills in the settings as in ``spec``, and ""; or "", and why there
    is none. It names the preset always: without any setting, a link opens the visitor's own run."""
    if not spec:
        return "", "A setting is not valid: see the message in the sidebar."
    values = _values(spec)
    queries = []
    for name, preset in PRESETS.items():
        if spec == dataclasses.replace(preset.spec, **values | {"hidden": spec.hidden}):
            parameters = _parameters(name, values)
            queries.append({key: text for key, text in parameters.items() if text is not None})
    if spec.dataset not in datasets() or not queries:
        return (
            "",
            "No link can describe this run, for example because it started from another network.",
        )
    return urlencode(min(queries, key=len)), ""


def race_link(spec: RunSpec | None) -> dict[str, str]:
    """The parameters of the Race page for a race of ``spec`` with three learning rates; {} if there
    is no link."""
    query, _ = link(spec)
    if not spec or not query:
        return {}
    rates = [spec.lr * factor for factor in (0.1, 1, 10) if spec.lr * factor <= LIMITS["lr"][1]]
    values = ",".join(f"{rate:.4g}" for rate in rates)
    return dict(parse_qsl(query, keep_blank_values=True)) | {VARY: "lr", VALUES: values}


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
            state.fill_in({"dataset": "mnist"})
            st.rerun()


def fill_in_preset() -> None:
    """Set every setting to the preset’s value."""
    state.fill_in({name: _field(state.preset().spec, name) for name in SETTINGS})


def fill_in(spec: RunSpec) -> None:
    """Set every setting to that of ``spec``."""
    state.fill_in(_values(spec))


def can_fill_in(spec: RunSpec) -> bool:
    """Whether the settings can express all of ``spec``."""
    values = _values(spec) | {"hidden": spec.hidden}
    return spec.dataset in datasets() and spec == dataclasses.replace(state.preset().spec, **values)


def _values(spec: RunSpec) -> dict[str, Any]:
    return {name: _field(spec, name) for name in SETTINGS} | {"dataset": spec.dataset}


def fields() -> dict[str, Any]:
    """All that a visitor may choose, as pages.server.runs_api takes it, valid or not."""
    of_preset = {name: getattr(state.preset().spec, name) for name in runs_api.DEFAULTS}
    return of_preset | state.settings(SETTINGS)


def choices() -> dict[str, str]:
    """The labels of the chosen options."""
    options = {name: value for name, value in fields().items() if isinstance(value, str)}
    labels = {name: LABELS.get(value, value) for name, value in options.items()}
    return labels | {PRESET: state.preset().title}


def _chosen() -> tuple[RunSpec | None, str, str]:
    """→ what the settings say; or None, why they are not valid, and the name of the wrong one."""
    try:
        return runs_api.spec_of(fields()), "", ""
    except UserError as error:
        if isinstance(error, FieldError) and error.field in SETTINGS:
            return None, f"{SETTINGS[error.field].label} {error.rule}", error.field
        return None, str(error), ""


def _field(spec: RunSpec, name: str) -> Any:
    """A field of a preset as its widget holds it."""
    if name == "hidden":
        return ", ".join(map(str, spec.hidden))
    return sources.default_dataset() if name == "dataset" else getattr(spec, name)
