"""What a new race is made of. It lives in the URL, so that a link sets it up for somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import streamlit as st

from nn.errors import FieldError, UserError
from nn.runs import race
from nn.runs.presets import PRESETS
from nn.runs.spec import RunSpec
from pages.common import base_settings, state, url_state
from pages.common.base_settings import DEFAULT_PRESET
from pages.common.glossary import term
from pages.common.link_settings import settings_of, value_of
from pages.common.setting_text import FIELDS, text_of
from pages.common.text import plain
from pages.common.url_state import PRESET, VARY
from pages.race.state import BASE_FIELDS, BASE_PRESET, FREE, LINK, PROBLEMS, VALUES, VARIED
from pages.server import runs_api

BASE = BASE_PRESET, "", BASE_FIELDS
# What can be varied, and values worth racing. The widths of one network are separated by spaces.
SUGGESTED = {
    "lr": "0.01, 0.1, 1",
    "hidden": "32, 128, 128 64",
    "batch_size": "16, 64, 256",
    "optimizer": "sgd, rmsprop, adam",
    "activation": "sigmoid, tanh, relu",
    "dropout": "0, 0.2, 0.5",
    "augmentation": "0, 0.5, 1",
    "initializer": "he, lecun, normal",
    "lr_schedule": "constant, cosine, warm_up_linear",
    "momentum": "0, 0.5, 0.9",
    "weight_decay": "0, 0.0001, 0.01",
    "label_smoothing": "0, 0.1, 0.3",
    "loss": "cross_entropy, squared_error",
    "train_size": "500, 5000, 50000",
    "seed": "0, 1, 2, 3",
    PRESET: "standard, fast, relu-256-64",
}
NAMES = {**FIELDS, PRESET: "Preset"}
# Their terms in the glossary, where those have other names.
TERMS = {
    "lr": "learning_rate",
    "hidden": "hidden_layers",
    "activation": "activation_function",
    "initializer": "initialization",
}


class Lane(NamedTuple):
    """A configuration of the race."""

    label: str  # its value of what is varied
    spec: RunSpec
    fields: dict[str, Any]  # of the spec, as pages.server.runs_api takes them


class Plan(NamedTuple):
    """A race to be started."""

    varied: str  # a field of RunSpec, or "preset"
    lanes: list[Lane]
    options: dict[str, Any]  # of its group


def choose() -> tuple[Plan | None, str]:
    """Draw the settings → the race, or None and why it is not possible."""
    _read_link()
    for message in state.value(PROBLEMS):
        st.warning(plain(message))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Varied setting",
            list(SUGGESTED),
            format_func=lambda name: NAMES[name],
            key=VARIED,
            persist_state="session",
            on_change=_suggest,
            help=_help_of(state.value(VARIED)),
            width=200,
        )
        st.text_input(
            "Values",
            key=VALUES,
            persist_state="session",
            help="Two to four values, separated by commas. The layers of one network are separated "
            "by spaces: 128 64 is one value, two hidden layers.",
            width=220,
        )
        if state.value(VARIED) != PRESET:
            base_settings.choose(
                *BASE, help="The configuration of all lanes, except for the varied setting."
            )
        st.selectbox(
            "Equal for all lanes",
            [False, True],
            format_func=lambda free: "training time" if free else "images seen",
            key=FREE,
            persist_state="session",
            help="Images seen: the lanes train in lockstep, on the same images in the same order. "
            "Training time: a lane whose steps are quicker sees more images.",
            width=190,
        )
    url_state.write_all(link(_options()))
    state.set_value(LINK, url_state.read_all())
    try:
        return _plan(), ""
    except UserError as error:
        return None, str(error)


def texts() -> dict[str, Any]:
    """What the field in which one types holds, as far as the script knows, by its key."""
    return {VALUES: state.value(VALUES)}


def choices() -> dict[str, str]:
    """The labels of the chosen options, by the keys of their fields."""
    return {VARIED: NAMES[state.value(VARIED)]}


def label(spec: RunSpec, varied: object, name: str) -> str:
    """What a member of a race is called: its value of what is varied, if that is known."""
    return text_of(spec, varied) if isinstance(varied, str) and varied in FIELDS else name


def fill_in(options: dict[str, Any]) -> None:
    """Set everything as in a race that was started here, to change it."""
    if made := _made_here(options):
        state.fill_in(
            {
                VARIED: made["vary"],
                VALUES: made["values"],
                BASE_PRESET: made["preset"],
                FREE: bool(made.get("free")),
                BASE_FIELDS: made["base"],
            }
        )


def _plan() -> Plan:
    """Raises UserError."""
    varied = state.value(VARIED)
    texts = [text.strip() for text in state.value(VALUES).split(",")]
    lanes = []
    for text in filter(None, texts):
        if varied == PRESET:
            name = _preset_of(text)
            fields, title = settings_of(name) | state.value(BASE_FIELDS), PRESETS[name].title
        else:
            fields = base_settings.chosen(*BASE) | {varied: value_of(varied, text)}
            title = ""
        try:
            spec = runs_api.spec_of(fields)
        except FieldError as error:
            raise UserError(f"{FIELDS[error.field]} {error.rule}") from None
        lanes.append(Lane(title or text_of(spec, varied), spec, fields))
    race.check([lane.spec for lane in lanes])
    return Plan(varied, lanes, _options())


def _preset_of(text: str) -> str:
    """A preset by its name or its title. Raises UserError."""
    for name, preset in PRESETS.items():
        if text.lower() in (name, preset.title.lower()):
            return name
    raise UserError(f"Unknown preset {text!r}: choose among {', '.join(PRESETS)}.")


def _suggest() -> None:
    state.fill_in({VALUES: SUGGESTED[state.value(VARIED)]})


def _read_link() -> None:
    problems: list[str] = []
    varied = url_state.read_option(VARY, SUGGESTED, "lr", problems)
    texts = url_state.read(url_state.VALUES, SUGGESTED[varied]).split(",")
    first = base_settings.read_link(*BASE, problems) | {
        VARIED: varied,
        VALUES: ", ".join(map(str.strip, texts)),
        FREE: url_state.read(url_state.FREE) == "1",
        PROBLEMS: problems,
    }
    if url_state.has(VARY) and url_state.read_all() != state.value(LINK):
        state.fill_in(first)  # a button of another page has led here
    else:
        state.initialize_all(first)


def link(options: Mapping[str, Any]) -> dict[str, object]:
    """The parameters of a link that sets up the race with these options; None: the default. Empty
    for a race that was not set up here."""
    made = _made_here(options)
    if not made:
        return {}
    return {
        VARY: made["vary"],
        url_state.VALUES: made["values"].replace(", ", ","),
        PRESET: None if made["preset"] == DEFAULT_PRESET else made["preset"],
        url_state.FREE: "1" if made.get("free") else None,
        **{name: made["base"].get(name) for name in runs_api.DEFAULTS},
    }


def _made_here(options: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The options of a race that was set up on this page; None for those of any other."""
    varied, preset = options.get("vary"), options.get("preset")
    is_ours = (
        isinstance(varied, str)
        and varied in SUGGESTED
        and isinstance(preset, str)
        and preset in PRESETS
        and isinstance(options.get("values"), str)
        and isinstance(options.get("base"), dict)
    )
    return options if is_ours else None


def _options() -> dict[str, Any]:
    """Of the group of the race as it is set now."""
    return {
        "free": state.value(FREE),
        "vary": state.value(VARIED),
        "values": state.value(VALUES),
        "preset": state.value(BASE_PRESET),
        "base": state.value(BASE_FIELDS),
    }


def _help_of(varied: str) -> str | None:
    return None if varied == PRESET else term(TERMS.get(varied, varied))
