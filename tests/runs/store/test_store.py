from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import insert, select, update

from nn.errors import UserError
from nn.network import parameter_count
from nn.runs import load_network
from nn.runs.spec import RunSpec
from nn.runs.store import queue, schema
from nn.runs.store import store as stores
from nn.runs.store.checksum import DamagedError
from nn.runs.store.store import RunStore, State
from nn.runs.worker import loop
from nn.runs.worker import main as worker_main
from nn.runs.worker import process as processes
from nn.runs.worker.buffer import replace_live, snapshot_row
from nn.runs.worker.loop import work
from nn.training import Step
from tests.runs.conftest import sqlite_only

ROOT = Path(__file__).parents[3]
# But not members, which need a group: see test_groups.
OF_RUN = [
    table
    for table in schema.metadata.tables.values()
    if "run" in table.c and table is not schema.members
]


def put(store, run, **values):
    """Set columns of the run's row, as a worker would."""
    with store.writing() as connection:
        connection.execute(update(schema.runs).where(schema.runs.c.id == run.id).values(**values))


def add(store, table, run, **values):
    """Insert a row of the run with ``values`` and placeholders in all other columns."""
    row = {c.name: c.type.python_type(1) for c in table.c if c.name not in ("id", "checksum")}
    with store.writing() as connection:
        connection.execute(insert(table).values(row | {"run": run.id} | values))


def add_snapshot(store, table, run, step, parameter=0.5):
    """Of a network whose parameters all are ``parameter``."""
    parameters = np.full(parameter_count(run.spec.sizes), parameter, "<f2").tobytes()
    add(store, table, run, step=step, parameters=parameters)


# Runs


def test_a_new_run_is_queued_with_its_spec_and_name(store):
    spec = RunSpec(hidden=(3, 4), lr=0.3)
    run = store.create(spec, "first")
    assert store.run(run.id) == run
    assert (run.spec, run.name, run.state) == (spec, "first", State.QUEUED)
    assert store.create(spec).name  # a run without a name gets one


def test_what_one_connection_writes_another_reads(store):
    run = store.create(RunSpec())
    assert RunStore(store.url).run(run.id) == run


def test_a_run_is_found_by_id_name_or_unique_prefix(store):
    run = store.create(RunSpec(), "first")
    store.create(RunSpec(), "other")
    unique = next(n for n in range(1, 9) if store.runs()[0].id[:n] != run.id[:n])
    for text in (run.id, "first", run.id[:unique]):
        assert store.find(text).id == run.id


def test_an_ambiguous_name_or_prefix_is_rejected_with_the_ids(store):
    runs = [store.create(RunSpec(), "same name") for _ in range(17)]  # 16 hexadecimal digits
    ((first, _),) = Counter(run.id[0] for run in runs).most_common(1)
    for text in ("same name", first):
        with pytest.raises(UserError, match="Choose one by its id") as error:
            store.find(text)
        assert all(run.id in str(error.value) for run in runs if run.id.startswith(first))


@pytest.mark.parametrize("name", ["a@1", "two\nlines", "\x1b[31mred", "half \udcff", "a\u2028b"])
def test_a_name_is_one_line_of_text_without_an_at(store, name):
    with pytest.raises(UserError, match="The name of a run"):
        store.create(RunSpec(), name)
    assert store.runs() == []


@pytest.mark.parametrize("text", ["nobody", ""])
def test_an_unknown_run_is_rejected(store, text):
    store.create(RunSpec())
    with pytest.raises(UserError, match="There is no run"):
        store.find(text)


@pytest.mark.parametrize("text", ["\ud800", "a\0", "٣"])
def test_what_is_no_id_is_the_id_of_no_run(store, text):
    """Databases raise errors of their own for the first two."""
    run = store.create(RunSpec())
    with pytest.raises(UserError, match="There is no run"):
        store.run(text)
    assert store.runs([text, run.id]) == [run]
    assert store.present([text, run.id]).keys() == {run.id}
    assert store.newest_step(text) == -1


def test_runs_are_listed_newest_first(store):
    made = [store.create(RunSpec()).id for _ in range(3)]
    assert [run.id for run in store.runs()] == made[::-1]


# Opening


def test_a_store_written_by_a_newer_version_is_not_opened(store):
    with store.writing() as connection:
        connection.execute(update(schema.about).values(schema_version=schema.SCHEMA_VERSION + 1))
    with pytest.raises(UserError, match="newer Digitscope"):
        RunStore(store.url)


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "no-such-database://",
        "sqlite:////no/such/folder/store.sqlite3",
        "sqlite:///{folder}",
        "sqlite:///{folder}/text",
        "postgresql://host:port/store",
    ],
)
def test_an_unusable_store_url_is_rejected_with_a_message(tmp_path, url):
    (tmp_path / "text").write_text("This is not a database." * 100)
    with pytest.raises(UserError, match="DIGITSCOPE_STORE"):
        RunStore(url.format(folder=tmp_path))


def test_an_unusable_home_is_rejected_with_a_message(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("DIGITSCOPE_HOME", str(tmp_path / "file" / "home"))
    monkeypatch.delenv("DIGITSCOPE_STORE", raising=False)
    with pytest.raises(UserError, match="DIGITSCOPE_HOME"):
        RunStore()


OPEN_TWENTY_STORES = """
import sys, time
from nn.runs.spec import RunSpec
from nn.runs.store.store import RunStore
print("ready", flush=True)
start = float(sys.stdin.readline())
for i in range(20):
    time.sleep(max(0, start + i / 20 - time.time()))
    RunStore(f"sqlite:///{sys.argv[1]}/{i}.sqlite3").create(RunSpec())
"""


def test_two_processes_can_create_the_same_store_at_once(tmp_path):
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN_TWENTY_STORES, str(tmp_path)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    start = f"{time.time() + 0.1}\n"
    for process in processes:
        process.stdin.write(start)
        process.stdin.flush()
    assert [process.communicate()[1] for process in processes] == ["", ""]
    assert all(len(RunStore(f"sqlite:///{tmp_path}/{i}.sqlite3").runs()) == 2 for i in range(20))


def test_opening_and_reading_do_not_wait_for_a_writer(store, tmp_path):
    run = store.create(RunSpec())
    writer = sqlite3.connect(tmp_path / "store.sqlite3", isolation_level=None)
    writer.execute("BEGIN EXCLUSIVE")
    began = time.monotonic()
    assert store.run(run.id) == RunStore(store.url).run(run.id) == run
    assert time.monotonic() - began < 1


# States


@pytest.mark.parametrize(
    ("state", "lease", "silent", "seen"),
    [
        (State.QUEUED, None, 10, State.QUEUED),
        (State.QUEUED, None, 21, State.INTERRUPTED),
        (State.QUEUED, "of a worker that is loading", 2, State.QUEUED),
        (State.QUEUED, "of a worker that is loading", 5, State.INTERRUPTED),
        (State.RUNNING, "of its worker", 2, State.RUNNING),
        (State.RUNNING, "of its worker", 5, State.INTERRUPTED),
        (State.PAUSED, "of its worker", 5, State.INTERRUPTED),
        (State.PAUSED, None, 1e6, State.PAUSED),  # it released its slot
        (State.STOPPED, None, 1e6, State.STOPPED),
        (State.FINISHED, None, 1e6, State.FINISHED),
    ],
)
def test_an_active_run_without_a_heartbeat_is_interrupted(store, state, lease, silent, seen):
    run = store.create(RunSpec())
    put(store, run, state=state, lease=lease, heartbeat=time.time() - silent)
    run = store.run(run.id)
    assert run.state is seen
    assert ("Resume" in run.message) == (seen is State.INTERRUPTED)


@pytest.mark.parametrize("state", [State.QUEUED, State.RUNNING, State.PAUSED, State.FINISHED])
def test_a_finished_run_and_one_with_a_worker_cannot_be_requeued(store, state):
    run = store.create(RunSpec())
    put(store, run, state=state, lease="of its worker")
    with pytest.raises(UserError, match=f"is {state}: there is nothing to resume"):
        store.requeue(run.id)
    assert store.rows(select(schema.runs.c.lease)) == [("of its worker",)]


def test_a_diverged_run_cannot_be_requeued(store):
    run = store.create(RunSpec())
    put(store, run, state=State.DIVERGED)
    with pytest.raises(UserError, match="lower learning rate"):
        store.requeue(run.id)


@pytest.mark.parametrize(
    ("state", "silent"),
    [(State.STOPPED, 0), (State.FAILED, 0), (State.RUNNING, 5), (State.QUEUED, 5)],
)
def test_any_other_run_is_requeued_without_a_lease(store, state, silent):
    run = store.create(RunSpec())
    put(
        store, run, state=state, message="Why.", lease="of the old worker", step=7,
        heartbeat=time.time() - silent,
    )  # fmt: skip
    requeued = store.requeue(run.id)
    assert (requeued.state, requeued.message, requeued.step) == (State.QUEUED, "", 7)
    assert store.rows(select(schema.runs.c.lease)) == [(None,)]


def test_a_run_that_released_its_slot_can_be_requeued(store):
    run = store.create(RunSpec())
    put(store, run, state=State.PAUSED)
    assert store.requeue(run.id).state is State.QUEUED


def test_a_run_without_a_worker_accepts_no_command(store):
    run = store.create(RunSpec())
    assert not store.command(run.id, "stop")
    put(store, run, lease="of its worker")
    assert store.command(run.id, "stop")
    put(store, run, heartbeat=time.time() - 5)
    assert not store.command(run.id, "pause")
    assert [command.kind for command in store.commands(run.id)] == ["stop"]


def test_commands_that_no_worker_obeys_do_not_pile_up_but_stop_always_arrives(store, monkeypatch):
    monkeypatch.setattr(stores, "MAX_PENDING", 3)
    run = store.create(RunSpec())
    put(store, run, lease="of its worker")
    for _ in range(3):
        store.command(run.id, "pause")
    with pytest.raises(UserError, match="not obeyed the last 3 commands"):
        store.command(run.id, "pause")
    assert store.command(run.id, "stop")


@pytest.mark.parametrize(
    ("kind", "value"),
    [("lr", value) for value in (0, -1, float("nan"), float("inf"), 1e9, None, "fast")]
    + [("step", value) for value in (0, -1, 1.5, None, "one")],
)
def test_an_impossible_value_is_rejected_with_a_message(store, kind, value):
    run = store.create(RunSpec())
    put(store, run, lease="of its worker")
    with pytest.raises(UserError, match=r"got .*\.$"):
        store.command(run.id, kind, value)
    assert store.commands(run.id) == []


def test_requeueing_deletes_the_runs_pending_commands(store):
    run, other = (store.create(RunSpec(), lease=lease) for lease in ("of one", "of another"))
    store.command(run.id, "stop")
    store.command(other.id, "pause")
    put(store, run, state=State.STOPPED)
    store.requeue(run.id)
    assert store.commands(run.id) == []
    assert [command.kind for command in store.commands(other.id)] == ["pause"]


def test_deleting_a_run_deletes_all_its_rows_and_no_others(store):
    gone, kept = store.create(RunSpec()), store.create(RunSpec())
    for table in OF_RUN:
        add(store, table, gone)
        add(store, table, kept)
    store.delete(gone.id)
    assert [run.id for run in store.runs()] == [kept.id]
    assert {table.name: store.rows(select(table.c.run)) for table in OF_RUN} == {
        table.name: [(kept.id,)] for table in OF_RUN
    }


def test_deleting_a_run_makes_the_file_smaller(store, tmp_path):
    run, kept = store.create(RunSpec()), store.create(RunSpec())
    for step in range(64):
        add(store, schema.snapshots, run, step=step, parameters=bytes(2**16))
        add(store, schema.points, kept, step=step)
    store.delete(run.id)
    left = sum(file.stat().st_size for file in tmp_path.glob("store.sqlite3*"))
    assert left < 2**19
    assert len(store.points(kept.id)) == 64


def test_a_run_can_be_pinned_and_unpinned(store):
    run, other = store.create(RunSpec()), store.create(RunSpec())
    assert not run.pinned
    store.pin(run.id, True)
    assert (store.run(run.id).pinned, store.run(other.id).pinned) == (True, False)
    store.pin(run.id, False)
    assert not store.run(run.id).pinned


# Points, epochs and snapshots


def test_points_and_epochs_are_sorted_and_start_after_the_given_one(store):
    run = store.create(RunSpec())
    for i in (3, 1, 2):
        add(store, schema.points, run, step=i)
        add(store, schema.epochs, run, epoch=i)
    assert [point.step for point in store.points(run.id)] == [1, 2, 3]
    assert [point.step for point in store.points(run.id, after=1)] == [2, 3]
    assert [epoch["epoch"] for epoch in store.epochs(run.id)] == [1, 2, 3]
    assert [epoch["epoch"] for epoch in store.epochs(run.id, after=2)] == [3]


def test_a_snapshot_is_found_by_its_step(store):
    run = store.create(RunSpec())
    add_snapshot(store, schema.snapshots, run, 20, 2)
    add_snapshot(store, schema.snapshots, run, 10, 1)
    assert store.snapshot_steps(run.id) == [10, 20]
    assert set(store.snapshot(run.id, 10).parameters) == {1.0}
    with pytest.raises(UserError, match="no snapshot at step 11"):
        store.snapshot(run.id, 11)


@pytest.mark.parametrize(("kept", "live"), [(10, 20), (20, 10), (20, 20), (20, None), (None, 20)])
def test_the_newest_snapshot_is_the_latest_live_or_kept_one_up_to_the_runs_step(store, kept, live):
    run = store.create(RunSpec())
    with store.writing() as connection:
        connection.execute(update(schema.runs).values(step=25))
    add_snapshot(store, schema.snapshots, run, 30)  # from before the run resumed
    if kept:
        add_snapshot(store, schema.snapshots, run, kept)
        add_snapshot(store, schema.snapshots, run, 1)
    if live:
        add_snapshot(store, schema.live, run, live)
    assert store.newest_snapshot(run.id).step == 20
    assert store.newest_snapshot(run.id, shown=30).step == 20
    assert store.newest_snapshot(run.id, shown=20) is None
    assert store.present([run.id]) == {run.id: (store.run(run.id), 20)}


def test_present_runs_are_those_that_exist_and_say_why_one_cannot_be_opened(store):
    queued, broken, finished = (store.create(RunSpec()) for _ in range(3))
    put(store, broken, spec='{"activation": "of the future"}')
    put(store, finished, state=State.FINISHED)
    found = store.present([queued.id, broken.id, finished.id, "nonesuch"])
    assert set(found) == {queued.id, broken.id, finished.id}
    for run in (queued, finished):
        assert found[run.id] == (store.run(run.id), -1)
    error, step = found[broken.id]
    assert step == -1
    with pytest.raises(UserError, match=r"activation must be one of .*; got 'of the future'"):
        raise error


def test_active_runs_are_those_that_have_not_ended(store):
    ended = [store.create(RunSpec()) for _ in range(2)]
    put(store, ended[0], state=State.FINISHED)
    put(store, ended[1], state=State.RUNNING, lease="gone", heartbeat=0.0)  # interrupted
    active = [store.create(RunSpec(), str(number)) for number in range(2)]
    assert [run.name for run in store.active_runs()] == ["1", "0"]
    assert store.active_runs() == [run for run in store.runs() if run.state.active]
    assert len(store.runs()) == len(ended + active)


def test_the_last_epochs_of_all_runs_have_their_best_accuracy(store):
    first, second, new = (store.create(RunSpec()) for _ in range(3))
    for epoch, accuracy in enumerate((0.8, 0.9, 0.85), 1):
        add(store, schema.epochs, first, epoch=epoch, test_accuracy=accuracy, val_loss=1 / epoch)
    add(store, schema.epochs, second, epoch=1, test_accuracy=None)
    last = store.last_epochs()
    assert set(last) == {first.id, second.id} and new.id not in last
    assert last[first.id].items() >= (store.epochs(first.id)[-1] | {"epoch": 3}).items()
    assert last[first.id]["best_test_accuracy"] == 0.9
    assert last[first.id]["best_epoch"] == 2
    assert store.last_epochs([first.id, new.id]) == {first.id: last[first.id]}
    assert store.last_epochs([]) == {} and store.runs([]) == []
    assert store.runs([first.id, "gone", new.id]) == [store.run(new.id), store.run(first.id)]
    assert last[second.id]["best_test_accuracy"] is last[second.id]["best_epoch"] is None


# Unreadable rows

UNREADABLE = {
    "no JSON": ({"spec": '{"hidden": [12'}, "not JSON"),
    "no object": ({"spec": "[1, 2]"}, "JSON object"),
    "unknown value": ({"spec": '{"activation": "of a newer version"}'}, "activation must be"),
    "wrong kind": ({"spec": '{"dataset": [], "hidden": {}}'}, "dataset|unhashable"),
    "unknown state": ({"state": "hibernating"}, "There is no state 'hibernating'"),
}


@pytest.fixture(params=UNREADABLE)
def unreadable(request, store):
    """(an unreadable run's id, what its reason says), between two that can be read."""
    values, reason = UNREADABLE[request.param]
    ids = [store.create(RunSpec(), name, owner="me").id for name in ("older", "bad", "newer")]
    with store.writing() as connection:
        connection.execute(update(schema.runs).where(schema.runs.c.id == ids[1]).values(**values))
    return ids[1], reason


def test_an_unreadable_row_is_listed_with_the_reason_and_disables_no_other_run(store, unreadable):
    run_id, reason = unreadable
    assert [run.name for run in store.runs()] == ["newer", "older"]
    assert [run.name for run in store.active_runs()] == ["newer", "older"]
    [found] = store.unreadable_runs()
    assert (found.id, found.name, found.owner) == (run_id, "bad", "me")
    assert re.search(reason, found.reason) and found.reason.endswith(".")
    assert store.find("older").name == "older"
    with pytest.raises(UserError, match=f"(?s)Run bad cannot be read: .*delete {run_id}"):
        store.find("bad")
    error, _ = store.present([run_id])[run_id]
    assert isinstance(error, UserError)


def test_an_unreadable_run_is_found_by_id_name_and_prefix_and_deleted(store, unreadable):
    run_id, _ = unreadable
    assert store.find_id("bad") == store.find_id(run_id) == run_id
    store.delete(run_id)
    assert store.unreadable_runs() == []
    assert [run.name for run in store.runs()] == ["newer", "older"]


@sqlite_only
@pytest.mark.parametrize(
    ("column", "damaged", "reason"),
    [("created", "abc", "created is not a number"), ("step", b"x", "step is not a number"),
     ("spec", b"\xff\xfe", "not JSON"), ("name", None, "")],
)  # fmt: skip
def test_a_row_with_values_of_another_type_disables_no_other_run(store, column, damaged, reason):
    bad, good = store.create(RunSpec(), "bad"), store.create(RunSpec(), "good")
    with store.writing() as connection:
        if damaged is None:  # bytes that are not UTF-8, kept as text
            connection.exec_driver_sql("UPDATE runs SET name = CAST(x'ff62' AS TEXT) WHERE id = ?",
                                       (bad.id,))  # fmt: skip
        else:
            statement = f"UPDATE runs SET {column} = ? WHERE id = ?"
            connection.exec_driver_sql(statement, (damaged, bad.id))
    assert good in store.runs() and good in store.active_runs()
    assert [reason in each.reason for each in store.unreadable_runs()] == [True] * bool(reason)


def test_settings_of_a_newer_version_are_left_out_and_said_and_not_trained_without(store):
    run = store.create(RunSpec(lr=0.25), "newer")
    spec = RunSpec(lr=0.25).to_json()[:-1] + ', "cutout": 0.3}'
    put(store, run, spec=spec)
    found = store.run(run.id)
    assert (found.spec, found.unknown_settings) == (RunSpec(lr=0.25), ("cutout",))
    assert "newer Digitscope: cutout" in found.message
    assert store.unreadable_runs() == []
    put(store, run, state=State.STOPPED)
    with pytest.raises(UserError, match="cutout"):
        store.requeue(run.id)
    put(store, run, state=State.QUEUED)
    for _ in work(store, run.id):
        pytest.fail("It trained without cutout.")
    assert store.run(run.id).state is State.FAILED
    assert "cutout" in store.run(run.id).message
    assert store.rows(select(schema.runs.c.spec)) == [(spec,)]


def test_a_worker_records_that_its_run_cannot_be_read_and_trains_the_next(
    store, monkeypatch, quick
):
    """Also when the run was queued on another host, whose files this one may not have."""
    monkeypatch.setattr(queue, "available_cores", lambda: 1)
    monkeypatch.setattr(loop, "available_cores", lambda: 1)
    bad, good = store.create(quick), store.create(quick)
    put(store, bad, spec="{", host="elsewhere")
    monkeypatch.setattr(worker_main, "_log_to", lambda _: None)
    monkeypatch.setattr(processes, "keep_slots_filled", lambda *_: None)
    worker_main.drain_queue(store)
    assert store.run(good.id).state is State.FINISHED
    r = schema.runs.c
    [row] = store.rows(select(r.state, r.message, r.lease).where(r.id == bad.id))
    assert (row.state, row.lease) == (State.FAILED, None)
    assert "not JSON" in row.message


# Checksums


@pytest.fixture
def trained(store, quick, monkeypatch):
    """A finished run with snapshots and a checkpoint."""
    monkeypatch.setattr(loop, "available_cores", lambda: 1)
    run = store.create(quick, "trained")
    for _ in work(store, run.id):
        pass
    return store.run(run.id)


def damage(store, table, column, step, change):
    """Replace the bytes of the row at ``step`` by what ``change`` makes of them."""
    here = table.c.step == step
    with store.writing() as connection:
        data = connection.scalar(select(table.c[column]).where(here))
        connection.execute(update(table).where(here).values({column: change(bytes(data))}))


def flipped(data):
    return data[:50] + bytes([data[50] ^ 1]) + data[51:]


def test_a_flipped_bit_is_noticed_when_a_snapshot_or_checkpoint_is_read(store, trained):
    assert store.checkpoint(trained.id)
    damage(store, schema.checkpoints, "data", trained.step, flipped)
    with pytest.raises(DamagedError, match=f"checkpoint of run {trained.id} is damaged"):
        store.checkpoint(trained.id)
    store.newest_snapshot(trained.id)
    damage(store, schema.snapshots, "parameters", trained.step, flipped)
    for read in (
        lambda: store.newest_snapshot(trained.id),
        lambda: store.snapshot(trained.id, trained.step),
        lambda: load_network.network_at(store, trained.id),
    ):
        with pytest.raises(DamagedError, match=f"at step {trained.step} is damaged"):
            read()
    assert store.snapshot(trained.id, 0).step == 0


@pytest.mark.parametrize(
    "change",
    [lambda data: data[:-1], lambda data: data[:2], lambda data: b"", lambda data: data + data],
    ids=["odd", "one number", "empty", "double"],
)
def test_a_snapshot_of_wrong_length_is_damaged_even_without_a_checksum(store, trained, change):
    with store.writing() as connection:
        connection.execute(update(schema.snapshots).values(checksum=None))
    assert store.snapshot(trained.id, 0).step == 0
    damage(store, schema.snapshots, "parameters", 0, change)
    with pytest.raises(DamagedError, match=r"it has .* bytes; the network of its run has 12,740"):
        store.snapshot(trained.id, 0)


def test_a_live_snapshot_has_a_checksum(store):
    run = store.create(RunSpec(hidden=(2,)))
    row = snapshot_row(
        run.id, Step(1, 1, 0.5, 0.5), np.zeros(parameter_count(run.spec.sizes), "f2")
    )
    with store.writing() as connection:
        connection.execute(update(schema.runs).values(step=1))
        replace_live(connection, row)
    assert store.newest_snapshot(run.id).step == 1
    damage(store, schema.live, "parameters", 1, flipped)
    with pytest.raises(DamagedError):
        store.newest_snapshot(run.id)


def test_a_run_with_a_damaged_checkpoint_does_not_train_on_from_it(store, trained):
    put(store, trained, state=State.STOPPED)
    damage(store, schema.checkpoints, "data", trained.step, flipped)
    for _ in work(store, store.requeue(trained.id).id):
        pytest.fail("It trained.")
    run = store.run(trained.id)
    assert run.state is State.FAILED and "is damaged" in run.message
