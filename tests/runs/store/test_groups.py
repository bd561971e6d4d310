from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from nn.errors import UserError
from nn.runs.spec import RunSpec
from nn.runs.store import groups, queue, schema
from nn.runs.store.groups import add_members, create_group
from nn.runs.store.store import State

RATES = [RunSpec(lr=lr) for lr in (0.01, 0.1, 1.0)]


def test_a_group_is_recorded_with_a_queued_run_for_each_configuration_in_order(store):
    group = create_group(store, "race", RATES, "Rates", "visitor", ["a", "b", "c"], free=True)
    assert group == groups.group(store, group.id)
    assert group[1:4] == ("race", "Rates", "visitor") and group.options == {"free": True}
    runs = [store.run(run_id) for run_id in group.runs]
    assert [run.spec for run in runs] == RATES
    assert [run.name for run in runs] == ["a", "b", "c"]
    assert {(run.state, run.owner) for run in runs} == {(State.QUEUED, "visitor")}
    with store.engine.connect() as connection:
        assert queue.queued_runs(connection) == list(group.runs)


@pytest.mark.parametrize("options", ["{", "[1]", "[" * 100_000 + "]" * 100_000])
def test_a_group_whose_options_are_damaged_still_has_its_runs(store, options):
    group = create_group(store, "race", RATES, free=True)
    with store.writing() as connection:
        connection.execute(update(schema.groups).values(options=options))
    assert groups.group(store, group.id) == group._replace(options={})


def test_the_groups_of_a_run_are_found_newest_first(store):
    first, second = (create_group(store, "grid", RATES) for _ in range(2))
    assert groups.groups(store) == [second, first]
    assert groups.groups_of(store, first.runs[1]) == [first]
    assert groups.groups_of(store, store.create(RunSpec()).id) == []


def test_members_are_added_after_those_that_a_group_has(store):
    group = create_group(store, "sweep", RATES[:2], "Rates", "visitor", names=["a", "b"], n=1)
    store.delete(group.runs[0])
    added = add_members(store, group.id, RATES[1:], ["c", "d"], ["1c", "1d"])
    assert added == groups.group(store, group.id)
    assert added == group._replace(runs=(group.runs[1], "1c", "1d"))
    assert [store.run(run_id).name for run_id in added.runs] == ["b", "c", "d"]
    assert store.run("1d").spec == RATES[2] and store.run("1d").owner == "visitor"
    with store.engine.connect() as connection:
        assert queue.queued_runs(connection) == list(added.runs)
    with pytest.raises(IntegrityError):
        add_members(store, group.id, RATES[:2], run_ids=["new", "1d"])
    assert groups.group(store, group.id) == added and len(store.runs()) == 3


def test_no_members_are_added_to_a_race_or_to_a_group_that_does_not_exist(store):
    race = create_group(store, "race", RATES[:2])
    with pytest.raises(UserError, match="has begun"):
        add_members(store, race.id, RATES[2:])
    with pytest.raises(UserError, match="'nonesuch'"):
        add_members(store, "nonesuch", RATES)
    assert len(store.runs()) == 2


def test_a_group_that_does_not_exist_is_named(store):
    with pytest.raises(UserError, match="There is no group 'nonesuch'"):
        groups.group(store, "nonesuch")


def test_a_deleted_run_leaves_its_group_and_a_group_without_members_is_gone(store):
    group, other = create_group(store, "race", RATES[:2]), create_group(store, "race", RATES[:2])
    store.delete(group.runs[0])
    assert groups.group(store, group.id).runs == group.runs[1:]
    store.delete(group.runs[1])
    assert groups.groups(store) == [other]
    assert store.rows(select(schema.groups.c.id)) == [(other.id,)]
    assert len(store.rows(select(schema.members))) == 2


@pytest.mark.parametrize(
    ("names", "ids", "error"),
    [(["a", "b@c"], None, UserError), (None, ["same", "same"], IntegrityError)],
)
def test_a_group_whose_second_run_cannot_be_recorded_is_not_recorded_at_all(
    store, names, ids, error
):
    with pytest.raises(error):
        create_group(store, "grid", RATES[:2], names=names, run_ids=ids)
    assert store.runs() == groups.groups(store) == []


def test_the_same_id_is_the_same_group_only_once(store):
    create_group(store, "race", RATES, group_id="one")
    with pytest.raises(IntegrityError):
        create_group(store, "race", RATES, group_id="one")
    assert len(store.runs()) == 3


def test_members_reserved_for_a_worker_are_not_in_the_queue(store):
    create_group(store, "race", RATES, lease="of its worker")
    with store.engine.connect() as connection:
        assert queue.queued_runs(connection) == []


@pytest.mark.parametrize(
    ("specs", "message"),
    [
        ([], "A race has 2 to 4 configurations; got 0"),
        (RATES[:1], "A race has 2 to 4 configurations; got 1"),
        ([RunSpec(seed=seed) for seed in range(5)], "got 5"),
        ([RunSpec(), RunSpec()], "are the same"),
        ([RunSpec(), RunSpec(dataset="strokes")], "dataset must be the same .* mnist, strokes"),
        ([RunSpec(), RunSpec(lr=1.0, seed=1)], "seed must be the same for all members"),
        ([RunSpec(), RunSpec(lr=1.0, train_size=100)], "train_size must be the same"),
    ],
)
def test_configurations_that_cannot_race_each_other_are_rejected(store, specs, message):
    with pytest.raises(UserError, match=message):
        create_group(store, "race", specs)
    assert store.runs() == groups.groups(store) == []


@pytest.mark.parametrize("field, values", [("seed", (0, 1)), ("train_size", (100, 1000))])
def test_a_race_may_vary_the_order_of_its_images_if_that_is_all_it_varies(store, field, values):
    specs = [replace(RunSpec(), **{field: value}) for value in values]
    assert len(create_group(store, "race", specs).runs) == 2


def test_a_group_needs_a_member(store):
    with pytest.raises(UserError, match="at least one"):
        create_group(store, "grid", [])
