"""What only a database server has: its restarts, row locks, and columns of a fixed width."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import BigInteger, inspect, select, text, update
from sqlalchemy.exc import OperationalError

from nn.errors import UserError
from nn.runs.spec import RunSpec
from nn.runs.store import clock, database, queue, schema
from nn.runs.store.lock_retry import Locked
from nn.runs.store.store import RunStore, State
from nn.runs.worker.loop import work
from nn.training import Epoch
from tests.postgresql import Server
from tests.runs.store.test_lock_retry import everything

COUNTS = ("step", "samples_seen", "total_steps")


@pytest.fixture
def store_url(postgresql):
    with postgresql.database() as url:
        yield url


@pytest.fixture(scope="module")
def restartable():
    """To stop and start."""
    with Server() as server:
        yield server


@pytest.fixture
def restarted(restartable):
    with restartable.database() as url:
        store = RunStore(url)
        yield store
        store.engine.dispose()


def training(store, **values):
    """A run that a worker of this host trains."""
    run = store.create(RunSpec(dataset="strokes"), lease=queue.new_lease())
    with store.writing() as connection:
        change = update(schema.runs).where(schema.runs.c.id == run.id)
        connection.execute(change.values(state=State.RUNNING, **values))
    return run


def test_several_processes_can_create_the_same_store_at_once(store_url):
    with ThreadPoolExecutor(4) as pool:
        stores = list(pool.map(RunStore, [store_url] * 4))
    assert all(store.runs() == [] for store in stores)
    for store in stores:
        store.engine.dispose()


def test_a_store_of_schema_9_gets_wide_counts_and_keeps_its_runs(store):
    run = training(store, samples_seen=2**31 - 1)
    with store.writing() as connection:
        for table in schema.metadata.sorted_tables:
            for name in COUNTS:
                if name in table.c:
                    connection.execute(
                        text(f"ALTER TABLE {table} ALTER COLUMN {name} TYPE INTEGER")
                    )
            if "checksum" in table.c:  # of schema 11
                connection.execute(text(f"ALTER TABLE {table} DROP COLUMN checksum"))
        connection.execute(update(schema.about).values(schema_version=9))
        connection.execute(update(schema.runs).values(lease=None))
    migrated = RunStore(store.url)
    assert migrated.run(run.id).samples_seen == 2**31 - 1
    columns = inspect(migrated.engine)
    for table in schema.metadata.sorted_tables:
        for column in columns.get_columns(table.name):
            if column["name"] in COUNTS:
                assert isinstance(column["type"], BigInteger), (table.name, column)
    migrated.engine.dispose()


def test_a_process_that_stops_within_a_transaction_keeps_only_its_own_run_waiting(store):
    stopped, other = training(store), training(store)
    with store.engine.connect() as connection:
        of_run = schema.runs.c.id == stopped.id
        connection.execute(update(schema.runs).where(of_run).values(step=1))
        assert store.command(other.id, "pause")  # waits for nobody
        with store.engine.connect() as observer:
            before = observer.scalar(select(clock.now()))
        assert store.command(stopped.id, "pause")  # once the server has ended the transaction
        with store.engine.connect() as observer:
            waited = observer.scalar(select(clock.now())) - before
        assert database.IDLE_WAIT - 1 < waited < database.LOCK_WAIT
        with pytest.raises(OperationalError):
            connection.execute(select(schema.runs.c.id))
        connection.invalidate()
    assert [command.kind for command in store.commands(stopped.id)] == ["pause"]
    assert store.run(stopped.id).step == 0


def test_many_workers_take_each_run_once(store, monkeypatch):
    monkeypatch.setattr(queue, "available_cores", lambda: 100)
    runs = [store.create(RunSpec(dataset="strokes")).id for _ in range(40)]

    def take_all(_):
        taken = []
        while True:
            with store.exclusive() as connection:
                found = queue.take_next(connection)
            if not found:
                return taken
            taken.append(found[0])

    with ThreadPoolExecutor(8) as pool:
        taken = [run_id for each in pool.map(take_all, range(8)) for run_id in each]
    assert sorted(taken) == sorted(runs)


def test_a_run_that_another_transaction_holds_is_left_out(store, monkeypatch):
    monkeypatch.setattr(queue, "available_cores", lambda: 100)
    first, second = (store.create(RunSpec(dataset="strokes")).id for _ in range(2))
    with (
        store.holding(schema.runs.c.id == first),
        store.exclusive() as connection,
    ):
        assert queue.take_next(connection)[0] == second
        assert queue.take_next(connection) is None


@pytest.mark.slow
def test_a_server_that_restarts_during_training_ends_no_run(restartable, restarted, quick, caplog):
    spec = replace(quick, epochs=4)
    run, whole = restarted.create(spec), restarted.create(spec)
    events = work(restarted, run.id)
    for event in events:
        if isinstance(event, Epoch):
            break
    restartable.stop()
    assert isinstance(next(event for event in events if isinstance(event, Epoch)), Epoch)
    restartable.start()
    for _ in events:
        pass
    assert restarted.run(run.id).state is State.FINISHED
    assert "Trying again" in caplog.text
    for _ in work(restarted, whole.id):
        pass
    assert everything(restarted, run) == everything(restarted, whole)


def test_after_a_server_was_down_workers_have_time_for_a_heartbeat(restartable, restarted):
    run = training(restarted)
    with restarted.writing() as connection:
        connection.execute(update(schema.runs).values(heartbeat=clock.now() - 60))
    restartable.stop()
    restartable.start()
    assert restarted.run(run.id).state is State.RUNNING
    with restarted.engine.connect() as connection:
        assert queue.taken_slots(connection) == 1
    with pytest.raises(UserError, match="is running"):
        restarted.requeue(run.id)
    time.sleep(queue.LEASE_SECONDS)
    assert restarted.run(run.id).state is State.INTERRUPTED
    assert restarted.requeue(run.id).state is State.QUEUED


def test_a_server_that_stays_down_fails_with_a_sentence(restartable, restarted, monkeypatch):
    monkeypatch.setattr("nn.runs.store.lock_retry.LOCK_RETRY_SECONDS", 0.3)
    run = restarted.create(RunSpec(dataset="strokes"))
    restartable.stop()
    try:
        with pytest.raises(Locked, match=r"The database server does not answer: .*\."):
            next(work(restarted, run.id))
        with pytest.raises(UserError, match=r"The store cannot be opened: .*\."):
            RunStore(restarted.url)
    finally:
        restartable.start()
