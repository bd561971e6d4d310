"""``POST /runs``: one press is one run, and what is rejected says why."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from starlette.requests import Request

from nn.errors import UserError
from nn.runs.presets import PRESETS
from nn.runs.spec import RunSpec
from nn.runs.store import queue
from nn.runs.store.store import RunStore, State
from nn.runs.worker import process
from pages.server import assets, runs_api, shared_store
from pages.server.budget import Client
from pages.server.visitor_cookie import COOKIE, visitor_id

CLIENT = Client(visitor_id({COOKIE: "me"}), "")
KEY = "a-key-of-one-press"
SETTINGS = {"hidden": "20, 10", "lr": 0.5, "epochs": 3, "dataset": "strokes"}
SPEC = RunSpec(hidden=(20, 10), lr=0.5, epochs=3, dataset="strokes")
OURS = {"origin": "http://digits", "host": "digits"}


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'store.sqlite3'}"


@pytest.fixture
def store(url: str, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    created = RunStore(url)
    monkeypatch.setattr(shared_store, "store", lambda: created)
    return created


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    runs: list[str] = []
    monkeypatch.setattr(process, "launch", runs.append)
    return runs


def post(
    body: bytes, visitor: str = "me", headers: dict[str, str] | None = None
) -> tuple[int, dict[str, Any]]:
    """Send the request of a visitor's browser → status, answer without the server's version."""
    sent = OURS | (headers or {}) | ({"cookie": f"{COOKIE}={visitor}"} if visitor else {})
    scope = {"type": "http", "headers": [(k.encode(), v.encode()) for k, v in sent.items()]}
    parts = [{"type": "http.request", "body": body[:9], "more_body": True},
             {"type": "http.request", "body": body[9:], "more_body": False}]  # fmt: skip

    async def receive() -> dict[str, Any]:
        return parts.pop(0)

    response = asyncio.run(runs_api.route.endpoint(Request(scope, receive)))
    answer = json.loads(response.body)
    assert answer.pop("version") == assets.VERSION
    return response.status_code, answer


def start(visitor: str = "me", key: str = KEY, **content: Any) -> tuple[int, dict[str, Any]]:
    body = {"version": assets.VERSION, "key": key} | (content or {"settings": SETTINGS})
    return post(json.dumps(body).encode(), visitor)


def test_a_run_starts_with_the_settings_and_belongs_to_the_visitor(store, launched) -> None:
    status, answer = start()
    [run] = store.runs()
    assert (status, answer) == (200, {"run": run.id})
    assert (run.spec, run.owner) == (SPEC, visitor_id({COOKIE: "me"}))
    assert launched == [run.id]


def test_thirty_presses_with_one_key_are_one_run(store, launched) -> None:
    body = {"key": KEY, "settings": SETTINGS}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: runs_api._start_once(CLIENT, body), range(30)))
    [run] = store.runs()
    assert answers == 30 * [{"run": run.id}]


def test_another_key_or_another_visitor_is_another_run(store, launched) -> None:
    for visitor, key in (("me", KEY), ("me", KEY + "2"), ("you", KEY)):
        assert start(visitor, key)[0] == 200
    assert len(store.runs()) == 3


def test_the_same_key_for_other_settings_is_rejected(store, launched) -> None:
    start()
    status, answer = start(settings=SETTINGS | {"epochs": 4})
    assert status == 409 and "Press again" in answer["error"]
    assert [run.spec for run in store.runs()] == [SPEC]


def test_a_server_killed_before_it_launched_starts_nothing_twice(
    store, url, launched, monkeypatch
) -> None:
    """The browser, which got no response, sends the same key to the restarted server."""

    class Killed(BaseException):
        pass

    def killed(run_id: str) -> None:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(process, "launch", killed)
        with pytest.raises(Killed):
            start()
    restarted = RunStore(url)
    monkeypatch.setattr(shared_store, "store", lambda: restarted)
    assert start()[0] == 200
    [run] = restarted.runs()
    assert launched == [run.id]


def test_a_key_that_comes_again_leaves_the_run_as_it_is(store, launched) -> None:
    _, answer = start()
    store.cancel(answer["run"])
    assert start() == (200, answer)
    assert store.run(answer["run"]).state is State.STOPPED
    assert launched == [answer["run"]]


def test_a_run_is_queued_while_others_have_all_the_slots(store, launched, monkeypatch) -> None:
    monkeypatch.setattr(queue, "available_cores", lambda: 1)
    store.create(RunSpec(), lease="of its worker")
    _, first = start()
    _, second = start(key=KEY + "2")
    assert store.run(first["run"]).message == "Queued: 1st in line."
    assert store.run(second["run"]).message == "Queued: 2nd in line."


def test_a_run_whose_worker_cannot_be_started_stays_queued(store, monkeypatch) -> None:
    def fail(run_id: str) -> None:
        raise OSError("no more processes")

    monkeypatch.setattr(process, "launch", fail)
    status, answer = start()
    assert status == 200
    assert store.run(answer["run"]).state is State.QUEUED


def test_restart_repeats_the_configuration_of_a_run(store, launched) -> None:
    previous = store.create(RunSpec(hidden=(7,), init_from="pretrained"), owner="somebody else")
    _, answer = start(restart=previous.id)
    run = store.run(answer["run"])
    assert (run.spec, run.owner) == (previous.spec, visitor_id({COOKIE: "me"}))
    status, answer = start(key=KEY + "2", restart="nonesuch")
    assert status == 422 and "There is no run 'nonesuch'" in answer["error"]


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("hidden", "20, many", "must be layer widths such as 128 or 128, 64; got '20, many'."),
        ("hidden", "10000, 10000", "makes a network of"),
        ("epochs", 99999, "must be a whole number from 1 to 10,000; got 99999."),
        ("epochs", 3.5, "must be a whole number"),
        ("epochs", "", "must be a whole number"),
        ("lr", 0, "must be above 0"),
        ("lr", 10**400, "must be a number from 0 to 1000"),
        ("lr", None, "must be a number from 0 to 1000"),
        ("activation", ["relu"], "must be one of"),
        ("nesterov", 1, "must be true or false"),
        ("dataset", "/etc/passwd", "must be one of mnist, strokes"),
    ],
)
def test_a_setting_that_is_not_allowed_is_named_and_starts_nothing(
    store, launched, field, value, says
) -> None:
    status, answer = start(settings=SETTINGS | {field: value})
    assert (status, answer["field"]) == (422, field)
    assert says in answer["error"] and answer["error"].endswith(".")
    assert not store.runs() and not launched


@pytest.mark.parametrize("field", ["extra_data", "init_from", "color"])
def test_a_setting_that_a_visitor_cannot_choose_starts_nothing(store, launched, field) -> None:
    status, answer = start(settings=SETTINGS | {field: "x"})
    assert status == 422 and field in answer["error"]
    assert not store.runs()


def test_a_visitor_without_a_cookie_is_told_to_allow_it(store, launched) -> None:
    status, answer = start(visitor="")
    assert status == 403 and "Allow cookies" in answer["error"]
    assert not store.runs()


@pytest.mark.parametrize(
    "body",
    [
        "", "[]", "3", "null", "{}", '{"version": "x"}', "[" * 9000, "\xff",
        json.dumps({"version": assets.VERSION, "key": KEY}),
        json.dumps({"version": assets.VERSION, "key": KEY, "settings": []}),
        json.dumps({"version": assets.VERSION, "key": "short", "settings": SETTINGS}),
        json.dumps({"version": assets.VERSION, "key": 12345678, "settings": SETTINGS}),
    ],
)  # fmt: skip
def test_what_is_no_request_is_rejected(store, launched, body) -> None:
    status, answer = post(body.encode("latin-1"))
    assert status == 400
    assert "did not understand" in answer["error"]
    assert not store.runs()


def test_a_request_that_is_too_long_is_rejected(store, launched) -> None:
    status, answer = start(settings=SETTINGS | {"hidden": "9" * runs_api.MAX_BYTES})
    assert (status, answer["error"]) == (413, "The settings are too long.")


def test_an_error_does_not_repeat_a_long_value(store, launched) -> None:
    _, answer = start(settings=SETTINGS | {"hidden": "9" * 5000 + "x"})
    assert len(answer["error"]) <= runs_api.MAX_MESSAGE


def test_a_page_of_another_version_starts_nothing(store, launched) -> None:
    body = {"version": "0123456789ab", "key": KEY, "settings": SETTINGS}
    status, answer = post(json.dumps(body).encode())
    assert status == 409 and "was updated" in answer["error"]
    assert not store.runs()


def test_a_store_that_does_not_answer_is_said(store, launched, monkeypatch) -> None:
    def locked(*_: object, **__: object) -> None:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    monkeypatch.setattr(store, "create", locked)
    status, answer = start()
    assert status == 503 and answer["error"].startswith("Nothing was started. The database does")
    assert answer["error"].endswith("Then press the button again.")


def test_a_full_disk_is_said_with_what_may_go_and_how_much_is_missing(
    store, launched, monkeypatch
) -> None:
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=2**21))
    with store.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    event.listen(
        store.engine, "begin", lambda c: c.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    )
    answers = (start(key=f"{KEY}-{number}", visitor=f"{number}") for number in range(999))
    status, answer = next(answer for answer in answers if answer[0] != 200)
    assert status == 503
    assert answer["error"].startswith("Nothing was started. The disk is full: 14 MiB more must")
    assert "Delete runs" in answer["error"] and "cache" in answer["error"]


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_every_preset_survives_the_way_through_a_browser(preset) -> None:
    """Which writes 1.0 as 1."""
    fields = {name: asdict(preset.spec)[name] for name in runs_api.DEFAULTS}
    fields["hidden"] = ", ".join(map(str, preset.spec.hidden))
    sent = {
        name: int(value) if isinstance(value, float) and value.is_integer() else value
        for name, value in fields.items()
    }
    spec = runs_api.spec_of(sent)
    assert spec == preset.spec
    assert spec.to_json() == preset.spec.to_json()


def test_settings_that_do_not_exist_are_rejected() -> None:
    with pytest.raises(UserError, match="no setting 'color'"):
        runs_api.spec_of({"color": "red"})


def test_a_visitor_has_so_many_active_runs_and_others_still_start_theirs(
    store, launched, monkeypatch
) -> None:
    monkeypatch.setattr(runs_api, "MAX_ACTIVE", 2)
    answers = [start(key=f"{KEY}{number}") for number in range(3)]
    assert [status for status, _ in answers] == [200, 200, 429]
    assert "At most 2 of your runs" in answers[2][1]["error"]
    assert start(key=f"{KEY}0") == answers[0]  # it is known already
    assert start("you")[0] == 200
    store.cancel(answers[0][1]["run"])
    assert start(key=f"{KEY}2")[0] == 200


def test_an_address_has_more_active_runs_than_a_visitor(store, monkeypatch) -> None:
    monkeypatch.setattr(runs_api, "MAX_ACTIVE", 1)
    monkeypatch.setattr(runs_api, "ADDRESS_TIMES", 2)
    monkeypatch.setattr(runs_api, "_started_at", defaultdict(set))

    def create(visitor: str, address: str) -> str:
        runs_api.limit_active(store, visitor, [run_id := f"run of {visitor}"], address)
        return store.create(SPEC, owner=visitor, run_id=run_id).id

    first = create("a", "192.168.1.7")
    create("b", "192.168.1.7")
    with pytest.raises(runs_api.Rejected, match="2 runs from your address"):
        create("c", "192.168.1.7")
    create("d", "192.168.1.8")
    create("e", "")  # of this computer
    store.cancel(first)
    create("c", "192.168.1.7")


def test_a_browser_that_hangs_up_while_it_asks_starts_nothing(store) -> None:
    scope = {"type": "http", "headers": [(b"cookie", f"{COOKIE}=me".encode())]}
    parts = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]

    async def receive() -> dict[str, Any]:
        return parts.pop(0)

    response = asyncio.run(runs_api.route.endpoint(Request(scope, receive)))
    assert response.status_code == 400
    assert not store.runs()
