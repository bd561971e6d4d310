"""Sweeps whose configurations Optuna chooses, one trial after another.

A trial is a configuration, trained with every seed of the sweep. Its runs are members of the
sweep's group; Optuna's study has the group's id as its name and is in the store's database, in
tables of Optuna's own. Optuna maximizes the median over the seeds of the validation accuracy after
the last epoch; without a validation set, of the test accuracy. A run that diverges counts as
accuracy 0, so that Optuna learns to keep away from its configuration.

Pruning: after each epoch of its first seed but the last, a trial whose best accuracy so far is
below the median of the completed trials at that epoch is pruned, and all of its runs are stopped.
The first seed is the same in all trials and trains first, so one rule serves any number of seeds
and saves the other seeds' time. (A Wilcoxon test over seeds cannot prune with fewer than five: of
four differences it needs all to be worse.) The decision looks only at recorded epochs, also those
of a run that has finished meanwhile: what Optuna asks next does not depend on who was faster.

Runs are reproducible, so a configuration that Optuna repeats is not trained again: its trial gets
the runs that the sweep has.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from contextlib import suppress
from statistics import median_low
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nn.data.dataset import Splits
from nn.errors import FieldError, UserError
from nn.runs import sweep
from nn.runs.spec import RunSpec
from nn.runs.store.groups import Group, add_members, create_group, groups
from nn.runs.store.run import Run, State
from nn.runs.store.store import RUN_ID_BYTES, RunStore
from nn.runs.worker.process import send_command

if TYPE_CHECKING:  # an optional package
    from optuna import Study, Trial
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial

INSTALL = "Optuna is not installed. Install it with `pip install -r requirements-cluster.txt`."
LOCK_WAIT = 30.0  # seconds to wait for other processes that write, in SQLite
RUNS = "runs"  # of a trial: the ids of its runs, by seed
INTERRUPTED = "interrupted"  # of a trial: it was closed and another one goes on with its runs
DONE = (State.FINISHED, State.DIVERGED)


class Choice(NamedTuple):
    """The values of one field that Optuna chooses from."""

    field: str
    values: Sequence[Any]  # of a list; of an interval, its ends
    interval: sweep.Interval | None

    @property
    def distribution(self) -> BaseDistribution:
        from optuna.distributions import (
            CategoricalDistribution,
            FloatDistribution,
            IntDistribution,
        )

        if not self.interval:
            return CategoricalDistribution([json.dumps(value) for value in self.values])
        is_log, low, high, is_whole = self.interval
        if is_whole:
            return IntDistribution(int(low), int(high), log=is_log)
        return FloatDistribution(low, high, log=is_log)

    def value(self, parameter: Any) -> Any:
        """The value of the field for a parameter that Optuna has chosen."""
        if self.interval:
            return sweep.rounded(self.field, parameter, self.interval)
        value = json.loads(parameter)
        return tuple(value) if isinstance(value, list) else value


def choices(settings: Mapping[str, str]) -> list[Choice]:
    """What Optuna chooses from. settings: field → text, as in nn.runs.sweep.

    A range without a number of values is an interval; with one, it is the list of its values. With
    "random:" the values are the same as without it. Raises UserError.
    """
    found = []
    for field, text in settings.items():
        if interval := sweep.interval(field, text):
            ends = [sweep.rounded(field, x, interval) for x in (interval.low, interval.high)]
            found.append(Choice(field, ends, interval))
            continue
        values = sweep.parse(field, text.removeprefix("random:"))
        if not isinstance(values, list):
            raise FieldError(field, f"must be written as one list or range; got {text!r}.")
        found.append(Choice(field, list(dict.fromkeys(values)), None))
    return found


def check_installed() -> None:
    """Raises UserError when Optuna is not installed."""
    try:
        import optuna  # noqa: F401
    except ImportError:
        raise UserError(INSTALL) from None


def objective(splits: Splits) -> str:
    """The name of the images whose accuracy Optuna maximizes. Raises UserError without any."""
    for name, images in (("validation", splits.validation), ("test", splits.test)):
        if len(images):
            return name
    raise UserError("Optuna needs a validation set or a test set to compare configurations.")


def fingerprint(base: RunSpec, settings: Mapping[str, str], seeds: int) -> str:
    """A text that is equal for sweeps that choose from the same configurations, however many
    trials they have."""
    text = json.dumps(["optuna", base.to_json(), sorted(settings.items()), seeds])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def find_group(store: RunStore, key: str) -> Group | None:
    """The newest sweep with this fingerprint."""
    found = (group for group in groups(store) if group.kind == "sweep")
    return next((group for group in found if group.options.get("fingerprint") == key), None)


def new_id() -> str:
    return secrets.token_hex(RUN_ID_BYTES)


def open_study(store: RunStore, name: str) -> Study:
    """The study in the store's database; a new one if there is none with this name.

    Raises UserError for tables of another version of Optuna, and when the database is busy.
    """
    import optuna
    from sqlalchemy import make_url

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    is_sqlite = make_url(store.url).get_backend_name() == "sqlite"
    options: dict[str, Any] = {"connect_args": {"timeout": LOCK_WAIT}} if is_sqlite else {}
    try:
        storage = optuna.storages.RDBStorage(
            store.url, engine_kwargs={"pool_pre_ping": True} | options
        )
        return optuna.create_study(
            storage=storage,
            study_name=name,
            direction="maximize",
            pruner=optuna.pruners.MedianPruner(),
            load_if_exists=True,
        )
    except (RuntimeError, optuna.exceptions.StorageInternalError) as error:
        reason = str(error.__cause__ or error).rstrip(".")
        raise UserError(f"Optuna cannot use the run database: {reason}.") from None


def trials(study: Study) -> list[FrozenTrial]:
    """The trials that count, in order: each configuration once, however often it was interrupted
    before its end; without those whose turn has not come again."""
    from optuna.trial import TrialState

    return [
        trial
        for trial in study.get_trials(deepcopy=False)
        if trial.state != TrialState.WAITING and INTERRUPTED not in trial.user_attrs
    ]


def ask(study: Study, chosen: Sequence[Choice], seed: int) -> tuple[Trial, dict[str, Any]]:
    """The next trial, and the fields that it sets: an interrupted one's, else what Optuna chooses.

    The sampler is seeded by ``seed`` and the number of trials so far, so that a sweep that is
    resumed asks for what it would have asked for without the interruption.
    """
    import optuna

    stream = np.random.SeedSequence([seed, len(trials(study))])
    study.sampler = optuna.samplers.TPESampler(seed=int(stream.generate_state(1)[0]))
    trial = study.ask({choice.field: choice.distribution for choice in chosen})
    return trial, {choice.field: choice.value(trial.params[choice.field]) for choice in chosen}


def start(
    store: RunStore,
    study: Study,
    group: Group | None,
    trial: Trial,
    specs: Sequence[RunSpec],
    names: Sequence[str],
    name: str = "",
    **options: Any,
) -> Group:
    """Queue the runs of a trial → the sweep's group, which its first trial creates.

    specs, names: of the runs, by seed; name, options: of the group. A run that the group has is not
    created again: it goes on where it was stopped, if it is not done.
    """
    known = {run.spec: run.id for run in store.runs(group.runs)} if group else {}
    ids = [known.get(spec) or new_id() for spec in specs]
    trial.set_user_attr(RUNS, ids)  # first: a trial without its runs is closed, see left_running
    fresh = [i for i, spec in enumerate(specs) if spec not in known]
    of_fresh = [specs[i] for i in fresh], [names[i] for i in fresh], [ids[i] for i in fresh]
    if not group:
        new_specs, new_names, new_ids = of_fresh
        group = create_group(
            store, "sweep", new_specs, name, names=new_names, run_ids=new_ids,
            group_id=study.study_name, **options,
        )  # fmt: skip
    elif fresh:
        group = add_members(store, group.id, *of_fresh)
    for run_id in set(ids) & set(known.values()):
        with suppress(UserError):  # it is done or trains
            store.requeue(run_id)
    return group


def runs_of(store: RunStore, trial: Trial | FrozenTrial) -> list[Run | None]:
    """By seed; None for one that was deleted, and [] when none was ever queued."""
    ids: list[str] = trial.user_attrs.get(RUNS, [])
    found = {run.id: run for run in store.runs(ids)}
    return [found.get(run_id) for run_id in ids]


def advance(store: RunStore, study: Study, trial: Trial) -> bool:
    """Report the new epochs of a trial to Optuna, and its end → whether it has ended.

    It is completed, pruned (its runs are told to stop), or it has failed: a run of it was stopped
    or deleted by somebody else, or has failed.
    """
    from optuna.trial import TrialState

    runs = runs_of(store, trial)
    if runs and runs[0]:
        first = runs[0]
        reported = study.get_trials(deepcopy=False)[trial.number].last_step or 0
        for epoch in store.epochs(first.id, after=reported):
            trial.report(_accuracy(epoch), epoch["epoch"])
            if epoch["epoch"] < first.spec.epochs and trial.should_prune():
                stop(store, runs)
                study.tell(trial, state=TrialState.PRUNED, skip_if_finished=True)
                return True
    present = [run for run in runs if run]
    if len(present) < len(runs) or not runs or any(_has_failed(run) for run in present):
        fail(store, study, trial)
        return True
    if not all(run.state in DONE for run in present):
        return False
    study.tell(trial, median_low(_result(store, run) for run in present), skip_if_finished=True)
    return True


def fail(store: RunStore, study: Study, trial: Trial) -> None:
    """Tell Optuna that the trial has no result, and its runs to stop."""
    from optuna.trial import TrialState

    stop(store, runs_of(store, trial))
    study.tell(trial, state=TrialState.FAIL, skip_if_finished=True)


def stop(store: RunStore, runs: Sequence[Run | None]) -> None:
    """Stop those of the runs that are queued, train or are paused."""
    active = [run.id for run in runs if run and run.state.active]
    store.cancel(*active)  # first, so that no worker takes the next one
    for run_id in active:
        with suppress(UserError):  # it has ended
            send_command(store, run_id, "stop")


def interrupt(store: RunStore, study: Study, trial: Trial) -> None:
    """Close a trial before its end; its configuration is asked for again before any new one, and
    its runs go on where they were."""
    trial.set_user_attr(INTERRUPTED, True)
    fail(store, study, trial)
    study.enqueue_trial(trial.params)


def left_running(store: RunStore, study: Study) -> list[Trial]:
    """The trials that a former process left running. Those whose runs were stopped, or never
    queued, are closed with ``interrupt``; the others, whose runs go on or are done, are returned.
    """
    import optuna

    found = []
    for frozen in study.get_trials(states=[optuna.trial.TrialState.RUNNING]):
        trial = optuna.Trial(study, frozen._trial_id)
        runs = runs_of(store, trial)
        if runs and all(run and not _has_failed(run) for run in runs):
            found.append(trial)
        else:
            interrupt(store, study, trial)
    return found


def _has_failed(run: Run) -> bool:
    return run.state in (State.STOPPED, State.FAILED)


def _accuracy(epoch: Mapping[str, Any]) -> float:
    """On the validation set; without one, on the test set."""
    accuracy = epoch["val_accuracy"]
    return float(epoch["test_accuracy"] or 0.0) if accuracy is None else float(accuracy)


def _result(store: RunStore, run: Run) -> float:
    epochs = store.epochs(run.id) if run.state is State.FINISHED else []
    return _accuracy(epochs[-1]) if epochs else 0.0
