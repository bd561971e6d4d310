"""``POST /groups``: one press is one group, and what is rejected says why and of which member."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from nn.runs.spec import RunSpec
from nn.runs.store import groups, queue
from nn.runs.store.store import RunStore, State
from nn.runs.worker import process
from pages.server import assets, groups_api, runs_api, shared_store
from pages.server.budget import Client
from pages.server.visitor_cookie import COOKIE, visitor_id

CLIENT = Client(visitor_id({COOKIE: "me"}), "")
KEY = "a-key-of-one-press"
RATES = [{"hidden": "20", "lr": lr, "dataset": "strokes"} for lr in (0.01, 0.1, 3)]
SPECS = [RunSpec(hidden=(20,), lr=lr, dataset="strokes") for lr in (0.01, 0.1, 3.0)]


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    created = RunStore(f"sqlite:///{tmp_path / 'store.sqlite3'}")
    monkeypatch.setattr(shared_store, "store", lambda: created)
    return created


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    runs: list[str] = []
    monkeypatch.setattr(process, "launch", runs.append)
    monkeypatch.setattr(queue, "available_cores", lambda: 2)
    return runs


def start(
    members: object = RATES, visitor: str = "me", key: str = KEY, **content: Any
) -> tuple[int, dict[str, Any]]:
    """Send the request of a visitor's browser → status, answer without the server's version."""
    body = {"version": assets.VERSION, "key": key, "kind": "race", "members": members} | content
    headers = {"origin": "http://digits", "host": "digits"}
    headers |= {"cookie": f"{COOKIE}={visitor}"} if visitor else {}
    scope = {"type": "http", "headers": [(k.encode(), v.encode()) for k, v in headers.items()]}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(body).encode(), "more_body": False}

    response = asyncio.run(groups_api.route.endpoint(Request(scope, receive)))
    answer = json.loads(response.body)
    assert answer.pop("version") == assets.VERSION
    return response.status_code, answer


def test_a_race_starts_with_its_members_and_belongs_to_the_visitor(store, launched) -> None:
    status, answer = start(options={"free": True})
    [group] = groups.groups(store)
    assert (status, answer) == (200, {"group": group.id, "runs": list(group.runs)})
    owner = visitor_id({COOKIE: "me"})
    assert (group.kind, group.owner, group.options) == ("race", owner, {"free": True})
    runs = [store.run(run_id) for run_id in group.runs]
    assert [run.spec for run in runs] == SPECS
    assert {run.owner for run in runs} == {owner}
    assert launched == [group.runs[0]]  # one worker trains them all


def test_the_runs_of_a_grid_are_launched_as_far_as_there_are_slots(store, launched) -> None:
    members = [{"hidden": str(width), "dataset": "strokes"} for width in range(1, 65)]
    status, answer = start(members, kind="grid")
    assert status == 200 and len(answer["runs"]) == len(store.runs()) == 64
    assert launched == answer["runs"][:2]


def test_thirty_presses_with_one_key_are_one_group(store, launched) -> None:
    body = {"key": KEY, "kind": "race", "members": RATES}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: groups_api._start_once(CLIENT, body), range(30)))
    [group] = groups.groups(store)
    assert answers == 30 * [{"group": group.id, "runs": list(group.runs)}]
    assert len(store.runs()) == 3


def test_a_key_that_comes_again_leaves_the_runs_as_they_are(store, launched) -> None:
    _, answer = start()
    for run_id in answer["runs"]:
        store.cancel(run_id)
    assert start() == (200, answer)
    assert {run.state for run in store.runs()} == {State.STOPPED}
    store.delete(answer["runs"][0])
    assert start() == (200, answer | {"runs": answer["runs"][1:]})


def test_the_same_key_for_another_group_or_of_another_visitor(store, launched) -> None:
    start()
    status, answer = start([*RATES[:2], RATES[2] | {"lr": 4}])
    assert status == 409 and "Press again" in answer["error"]
    assert start(kind="grid")[0] == 409
    assert start(visitor="you")[0] == start(key=KEY + "2")[0] == 200
    assert len(groups.groups(store)) == 3


def test_a_setting_that_is_not_allowed_is_named_with_its_member(store, launched) -> None:
    status, answer = start([RATES[0], RATES[1] | {"lr": 0}])
    assert status == 422
    assert (answer["field"], answer["member"]) == ("lr", 1) and "above 0" in answer["error"]
    status, answer = start([RATES[0], RATES[1] | {"init_from": "x"}])
    assert (status, answer["member"]) == (422, 1) and "init_from" in answer["error"]
    assert not store.runs() and not launched


@pytest.mark.parametrize(
    ("members", "kind", "says"),
    [
        (RATES[:1], "race", "2 to 4 configurations"),
        ([RATES[0] | {"lr": lr} for lr in range(1, 6)], "race", "at most 4 runs; got 5"),
        ([RATES[0] | {"lr": lr} for lr in range(1, 66)], "grid", "at most 64 runs; got 65"),
        ([], "grid", "at least one"),
        ([RATES[0], RATES[0]], "race", "are the same"),
        ([RATES[0], RATES[1] | {"dataset": "mnist"}], "race", "must be the same"),
    ],
)
def test_a_group_that_cannot_be_is_rejected_with_a_sentence(
    store, launched, members, kind, says
) -> None:
    status, answer = start(members, kind=kind)
    assert status == 422 and says in answer["error"]
    assert not store.runs() and not launched


@pytest.mark.parametrize(
    "content",
    [
        {"kind": "sweep"}, {"kind": ["race"]}, {"members": {}}, {"members": [3]},
        {"options": 3}, {"options": {"owner": "somebody else"}}, {"options": {"lease": "x"}},
    ],
)  # fmt: skip
def test_what_is_no_request_is_rejected(store, launched, content) -> None:
    members = content.pop("members", RATES)
    status, answer = start(members, **content)
    assert status == 400 and "did not understand" in answer["error"]
    assert not store.runs()


def test_a_visitor_with_many_active_runs_starts_no_group(store, launched, monkeypatch) -> None:
    monkeypatch.setattr(runs_api, "MAX_ACTIVE", 3)
    _, first = start()
    assert start() == (200, first)
    status, answer = start(key=KEY + "2")
    assert status == 429 and "At most 3 of your runs" in answer["error"]
    assert not [run for run in store.runs() if run.id not in first["runs"]]
    assert start(visitor="you")[0] == 200


def test_a_visitor_without_a_cookie_is_told_to_allow_it(store, launched) -> None:
    status, answer = start(visitor="")
    assert status == 403 and "Allow cookies" in answer["error"]
    assert not store.runs()
