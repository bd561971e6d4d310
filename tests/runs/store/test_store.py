from __future__ import annotations

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
from nn.runs.spec import RunSpec
from nn.runs.store import schema
from nn.runs.store.store import RunStore, State

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
    row = {c.name: c.type.python_type(1) for c in table.c if c.name != "id"}
    with store.writing() as connection:
        connection.execute(insert(table).values(row | {"run": run.id} | values))


def add_snapshot(store, table, run, step, parameters=(0.5,)):
    add(store, table, run, step=step, parameters=np.array(parameters, "<f2").tobytes())


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
    add_snapshot(store, schema.snapshots, run, 20, [2, -2])
    add_snapshot(store, schema.snapshots, run, 10, [1, -1])
    assert store.snapshot_steps(run.id) == [10, 20]
    np.testing.assert_array_equal(store.snapshot(run.id, 10).parameters, np.float16([1, -1]))
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
    put(store, broken, spec='{"from": "the future"}')
    put(store, finished, state=State.FINISHED)
    found = store.present([queued.id, broken.id, finished.id, "nonesuch"])
    assert set(found) == {queued.id, broken.id, finished.id}
    for run in (queued, finished):
        assert found[run.id] == (store.run(run.id), -1)
    error, step = found[broken.id]
    assert step == -1
    with pytest.raises(UserError, match="no field 'from'"):
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


def test_a_run_with_an_unknown_setting_is_left_out_of_the_list(store):
    run, later = store.create(RunSpec()), store.create(RunSpec())
    put(store, later, spec='{"setting_of_a_later_version": 1}')
    assert store.runs() == [run] and store.find(run.id) == run
    with pytest.raises(UserError, match="setting_of_a_later_version"):
        store.run(later.id)
    store.delete(run.id)
    store.delete(later.id)
    with pytest.raises(UserError, match="no run"):
        store.run(later.id)
