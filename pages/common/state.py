"""The state of a visitor's session that all pages share. Each page keeps the rest in its own state.

Getters change nothing. Setters are named for what they do and also write the URL
(pages.common.url_state), so that a reload or a link shows the same.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import streamlit as st

from nn.errors import UserError
from nn.runs import pins as stored_pins
from nn.runs.pins import MAX_PINS
from nn.runs.spec import PRETRAINED
from nn.runs.store.store import Run, UnreadableRun
from pages.common import url_state
from pages.common.text import plain
from pages.common.url_state import MODEL, RUN, SIMPLE, STEP
from pages.server.shared_store import store
from pages.server.visitor import Visitor, visitor_of

NEW_RUN = ""  # in place of a run's id: Train shows the settings for a new run
FIRST_LINK = "first link"  # the page and the parameters of the URL that began the session
LAST_MOVE = "last move"  # to another run, by a button of the run controls
EXPORTED = "exported"  # the file made last, and the request for it
CANCELED_UPLOAD = "canceled upload"  # the key of the upload that the visitor canceled last
PINS = "pins"  # drawings whose predictions are followed while a network trains


def restore() -> None:
    """Take what a link names, and write the session's choices back into the URL, from which
    navigation drops them."""
    if not url_state.has(RUN):
        url_state.write_all(
            {name: _get(name) or None for name in (RUN, STEP, MODEL) if not url_state.has(name)}
        )
    if not url_state.has(SIMPLE):
        url_state.write(SIMPLE, _get(SIMPLE) or None)
    if url_state.has(RUN):
        st.session_state[RUN] = url_state.read(RUN)
    for name in (STEP, MODEL, SIMPLE):
        st.session_state[name] = url_state.read(name)


def keep_first_link(page: str) -> None:
    """Remember the URL with which the session begins; to be called before anything changes it."""
    st.session_state.setdefault(FIRST_LINK, (page, url_state.read_all()))


def first_link(page: str) -> dict[str, str]:
    """The parameters of the URL with which the session began, if that led to this page."""
    linked_page, parameters = _get(FIRST_LINK, ("", {}))
    return dict(parameters) if linked_page == page else {}


def canceled_upload() -> str:
    """The upload that the visitor canceled last; "" without one."""
    return str(_get(CANCELED_UPLOAD, ""))


def cancel_upload(key: str) -> None:
    """Do not read this upload; "": read it after all."""
    st.session_state[CANCELED_UPLOAD] = key


def is_simple() -> bool:
    """Whether the link asks for the simple Train page: Start, Stop, and what they do."""
    return bool(_get(SIMPLE) == "1")


def visitor_id() -> str:
    """The visitor as the store records them with the runs they start; "" without a cookie."""
    return visitor().id


def visitor() -> Visitor:
    return visitor_of(st.context.cookies)


def owns(run: Run | UnreadableRun) -> bool:
    """Whether the visitor started the run."""
    return visitor().started(run)


def can_control(run: Run | UnreadableRun) -> bool:
    """Whether the visitor may control, rename and delete the run: whoever started it may, and the
    server's owner."""
    return visitor().may_control(run)


def run_in_view() -> Run | None:
    """The run that Train shows; None: the settings for a new one."""
    try:
        return _find_run()
    except UserError:
        return None


def open_run_in_view() -> Run | None:
    """Find the run in view and keep it in view; warn when it does not exist."""
    run = None
    try:
        run = _find_run()
    except UserError as error:
        st.warning(plain(str(error)))
    if run:
        st.session_state[RUN] = run.id  # a link may name it by its name, or in part
    view(run)
    return run


def model_in_view() -> Run | None:
    """The run whose network Neurons and Mistakes show; None: the pretrained model."""
    if _get(MODEL) == PRETRAINED:
        return None
    return run_in_view() or next(iter(store().runs()), None)


def snapshot_in_view(steps: list[int]) -> int | None:
    """The kept snapshot that the URL names, or the last one before it; None: the newest."""
    text = _get(STEP, "")
    if not (text.isdecimal() and len(text) < 16):
        return None
    earlier = [step for step in steps if step <= int(text)]
    return earlier[-1] if earlier[-1:] != steps[-1:] else None


def view(run: Run | None) -> None:
    """Show a run on every page; None: the settings for a new one."""
    run_id = run.id if run else NEW_RUN
    if _get(RUN) not in (None, run_id):
        _share(STEP, "")
        _share(MODEL, "")
    st.session_state[RUN] = run_id
    url_state.write(RUN, run_id or None)


def view_model(run: Run | None) -> None:
    """Show a run's network on Neurons and Mistakes; None: the pretrained model, while the run in
    view stays."""
    if run:
        view(run)
    _share(MODEL, "" if run else PRETRAINED)


def view_snapshot(step: int | None) -> None:
    """Show a snapshot of the run in view; None: the newest."""
    _share(STEP, "" if step is None else str(step))


def make_move(move: Mapping[str, str | None] | None) -> bool:
    """Show the run ``to``, or for None the settings for a new one, unless another run than
    ``from_run`` is shown by now → whether that was done. Each move, with its ``id``, is made once,
    however often it arrives."""
    if not move or move["id"] == _get(LAST_MOVE):
        return False
    st.session_state[LAST_MOVE] = move["id"]
    shown = run_in_view()
    if shown and shown.id != move["from_run"]:
        return False
    try:
        view(store().run(move["to"]) if move["to"] else None)
    except UserError:  # deleted by now
        return False
    return True


def exported(request: object) -> bytes | None:
    """The file that was made last, if it is the one requested."""
    made_for, data = _get(EXPORTED, (None, None))
    return data if made_for == request else None


def keep_export(request: object, data: bytes) -> None:
    """Keep a file until another one is made."""
    st.session_state[EXPORTED] = request, data


def pins() -> list[bytes]:
    """The visitor's pinned drawings, each 28 × 28 bytes in MNIST's format, oldest first."""
    return stored_pins.load(store(), visitor_id()) if visitor_id() else list(_get(PINS, []))


def pin(image: bytes) -> None:
    """Pin a drawing; the oldest goes when there are too many."""
    _keep_pins([*(pin for pin in pins() if pin != image), image][-MAX_PINS:])


def unpin(image: bytes) -> None:
    _keep_pins([pin for pin in pins() if pin != image])


def _keep_pins(images: list[bytes]) -> None:
    """In the store; in the session, if the browser keeps no cookie to know the visitor by."""
    if visitor_id():
        stored_pins.save(store(), visitor_id(), images)
    else:
        st.session_state[PINS] = images


# Widgets: a value set before the widget is created takes the place of a default.


def value(key: str, default: Any = None) -> Any:
    """What a widget holds; ``default`` before it has been created."""
    return _get(key, default)


def set_value(key: str, value: Any) -> None:
    """Give a widget a value: in a callback, or before it is created."""
    st.session_state[key] = value


def initialize(key: str, value: Any) -> None:
    """Give a widget its first value; it keeps what it holds."""
    st.session_state.setdefault(key, value)


def initialize_all(values: Mapping[str, Any]) -> None:
    """Give widgets their first values; they keep what they hold."""
    for key, first in values.items():
        initialize(key, first)


def fill_in(values: Mapping[str, Any]) -> None:
    """Give widgets new values: in a callback, or before they are created."""
    for key, new in values.items():
        set_value(key, new)


def is_new(key: str, news: Any) -> bool:
    """Whether a component sends something else than the last time, which this keeps."""
    before = value(key)
    set_value(key, news)
    return bool(news != before)


def keep_valid(key: str, options: Collection[Any], default: Any) -> None:
    """Give a widget ``default`` unless it holds one of ``options``."""
    if _get(key) not in options:
        st.session_state[key] = default


def _get(key: str, default: Any = None) -> Any:
    return st.session_state.get(key, default)


def _share(name: str, text: str) -> None:
    """Keep a choice in the session and in the URL; "" removes it."""
    st.session_state[name] = text
    url_state.write(name, text or None)


def _find_run() -> Run | None:
    """Raises UserError when the run does not exist."""
    wanted = _get(RUN)
    if wanted is None and url_state.has(*url_state.SETTINGS):
        return None  # a link with settings is meant for a new run
    if wanted is None:
        # A newcomer is greeted by an untrained network, not by what others have trained.
        started = [run for run in store().runs() if owns(run)]
        return next((run for run in started if run.state.active), next(iter(started), None))
    return None if wanted == NEW_RUN else store().find(wanted)
