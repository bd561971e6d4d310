"""``sweep --optuna``: a sweep whose configurations Optuna chooses, see nn.runs.optuna_sweep."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from nn.cli import print_json
from nn.cli.results import result_fields, result_lines, results
from nn.cli.sweep_loop import Launcher, progress_bar
from nn.cli.train import given_fields, interruptible, spec_with
from nn.errors import UserError
from nn.runs.run_names import configuration_name

if TYPE_CHECKING:  # it takes long to import, and --help does without
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

    from nn.runs.optuna_sweep import Choice
    from nn.runs.spec import RunSpec
    from nn.runs.store.groups import Group
    from nn.runs.store.store import Run, RunStore

LOOK_INTERVAL = 0.2  # seconds between two looks at the runs
MESSAGES = {"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed", "RUNNING": "running"}


def optuna_sweep(
    settings: Mapping[str, str],
    count: int,
    seeds: int,
    name: str,
    new: bool,
    as_json: bool,
    preset: str,
    **options: Any,
) -> None:
    """Let Optuna choose ``count`` configurations, train them and print the results.

    settings: field → text of its values; options: of ``spec_options``. Exits with 130 when
    interrupted. Raises UserError.
    """
    from nn.runs import optuna_sweep as sweeps
    from nn.runs.store.store import RunStore
    from nn.runs.sweep import MAX_RUNS, with_seeds

    sweeps.check_installed()
    from optuna.exceptions import StorageInternalError

    if count < 1:
        raise UserError(f"The number of trials must be 1 or more; got {count}.")
    if count * max(1, seeds) > MAX_RUNS:
        raise UserError(f"A sweep has at most {MAX_RUNS:,} runs. Choose fewer trials or seeds.")
    store = RunStore()
    base, chosen = _checked(store, settings, preset, given_fields(**options))
    with_seeds([base], seeds)
    measured = sweeps.objective(base.load_splits())
    if seeds > 1 and "seed" in settings:
        raise UserError("Give either the values of seed or a number of seeds.")
    key = sweeps.fingerprint(base, settings, seeds)
    group = None if new else sweeps.find_group(store, key)
    if group:
        click.echo(f"Going on with sweep {group.id}; --new starts another one.", err=True)
    click.echo(f"Optuna maximizes the median {measured} accuracy.", err=True)
    study = sweeps.open_study(store, group.id if group else sweeps.new_id())
    fields = [choice.field for choice in chosen if len(choice.values) > 1]

    def start(group: Group | None) -> tuple[Trial | None, Group | None]:
        trial, values = sweeps.ask(study, chosen, base.seed)
        try:
            specs = with_seeds([spec_with(store, preset, _fields_of(base) | values)], seeds)
        except UserError as error:  # values that do not go together
            sweeps.fail(store, study, trial)
            click.echo(f"Trial {trial.number} failed: {error}", err=True)
            return None, group
        shown = [*fields, "seed"] if seeds > 1 else fields
        names = [configuration_name(spec, shown) for spec in specs]
        group = sweeps.start(
            store, study, group, trial, specs, names, name,
            fingerprint=key, fields=fields, optuna=True,
        )  # fmt: skip
        return trial, group

    try:
        with interruptible() as interrupted, progress_bar("trials", count) as show:
            group = _train(store, study, group, count, start, interrupted, show)
    except StorageInternalError as error:
        raise UserError(
            f"The run database did not respond: {error.__cause__ or error}. The same command goes "
            "on with the sweep."
        ) from None
    if group:
        _print(store, study, group, fields, measured, as_json)
    ended = [trial for trial in sweeps.trials(study) if trial.state.is_finished()]
    if len(ended) < count:
        message = f"{len(ended)} of {count} trials are done. The same command goes on."
        click.echo(message, err=True)
    if interrupted():
        sys.exit(130)
    if not any(trial.state.name == "COMPLETE" for trial in ended):
        raise UserError("No trial of the sweep is complete. `python -m nn runs` says why.")


def _checked(
    store: RunStore, settings: Mapping[str, str], preset: str, given: dict[str, Any]
) -> tuple[RunSpec, list[Choice]]:
    """The configuration that the trials change, and what they choose from. Each value, and each end
    of an interval, is checked beside the first values of the other fields. Raises UserError."""
    from nn.runs.optuna_sweep import choices

    chosen = choices(settings)
    first = given | {choice.field: choice.values[0] for choice in chosen}
    base: RunSpec = spec_with(store, preset, first)
    known = _fields_of(base)
    for choice in chosen:
        for value in choice.values[1:]:
            spec_with(store, preset, known | {choice.field: value})
    return base, chosen


def _fields_of(spec: RunSpec) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(spec)


def _train(
    store: RunStore,
    study: Study,
    group: Group | None,
    count: int,
    start: Callable[[Group | None], tuple[Trial | None, Group | None]],
    interrupted: Callable[[], bool],
    show: Callable[[int, Iterable[float | None]], None],
) -> Group | None:
    """Keep every free slot busy with a trial until ``count`` have ended → the sweep's group. When
    interrupted, stop the runs and close their trials.

    start: the next trial, a member of the group → the trial, unless it failed at once, and the
    group, which the first one creates.
    """
    from nn.runs import optuna_sweep as sweeps

    running, launcher = sweeps.left_running(store, study), Launcher(store)
    is_new = False  # whether a trial was started since the last launch
    while not interrupted():
        running = [trial for trial in running if not sweeps.advance(store, study, trial)]
        for trial in list(running):
            runs = sweeps.runs_of(store, trial)
            vanished = [run for run in runs if run and run.state == "interrupted"]
            if launcher.retry(vanished) != vanished:
                sweeps.fail(store, study, trial)
                running.remove(trial)
        tried = sweeps.trials(study)
        ended = [trial.value for trial in tried if trial.state.is_finished()]
        show(len(ended), ended)
        if not running and len(tried) >= count:
            return group
        if len(tried) < count and _idle_slots(store):
            started, group = start(group)
            running.extend([started] if started else [])
            is_new = True
        else:
            launcher.launch(now=is_new)
            is_new = False
            time.sleep(LOOK_INTERVAL)
    for trial in running:
        sweeps.stop(store, sweeps.runs_of(store, trial))
    for trial in running:
        while any(run and run.state.active for run in sweeps.runs_of(store, trial)):
            time.sleep(LOOK_INTERVAL)
        if all(run and run.state in sweeps.DONE for run in sweeps.runs_of(store, trial)):
            sweeps.advance(store, study, trial)
        else:
            sweeps.interrupt(store, study, trial)
    return group


def _idle_slots(store: RunStore) -> int:
    """Slots that no run in the queue is about to take."""
    from nn.runs.store import queue
    from nn.runs.worker import cluster

    if cluster.address():
        return max(0, cluster.threads() - len(store.active_runs()))
    with store.engine.connect() as connection:
        return max(0, queue.free_slots(connection) - len(queue.queued_runs(connection)))


def _print(
    store: RunStore,
    study: Study,
    group: Group,
    fields: Sequence[str],
    measured: str,
    as_json: bool,
) -> None:
    """The complete trials, the best first, then the others; a configuration that Optuna asked for
    more than once is shown once."""
    from nn.runs import optuna_sweep as sweeps

    by_runs: dict[str, FrozenTrial] = {}
    for trial in sweeps.trials(study):
        by_runs.setdefault(" ".join(trial.user_attrs.get(sweeps.RUNS, [])), trial)
    shown: list[tuple[FrozenTrial, list[Run]]] = []
    for trial in by_runs.values():
        runs = [run for run in sweeps.runs_of(store, trial) if run]
        if runs:
            shown.append((trial, runs))
    complete = [(trial, runs) for trial, runs in shown if trial.state.name == "COMPLETE"]
    trial_of = {run.id: trial for trial, runs in shown for run in runs}
    ranked = results(store, [run for _, runs in complete for run in runs])
    others = [(trial, runs) for trial, runs in shown if trial.state.name != "COMPLETE"]
    if as_json:
        for result in ranked + [result for _, runs in others for result in results(store, runs)]:
            trial = trial_of[result.runs[0].id]
            print_json(
                event="configuration", **result_fields(result, fields), trial=trial.number,
                state=MESSAGES[trial.state.name], value=trial.value, epoch=trial.last_step,
            )  # fmt: skip
        members = store.runs(group.runs)
        print_json(
            event="end", sweep=group.id, runs=len(members),
            done=sum(run.state in sweeps.DONE for run in members),
            unfinished={run.id: run.state for run in members if run.state != "finished"},
            trials=len(sweeps.trials(study)),
        )  # fmt: skip
        return
    for line in result_lines(ranked, fields):
        click.echo(line)
    for trial, runs in others:
        state = MESSAGES[trial.state.name]
        at = f" at epoch {trial.last_step}" if state == "pruned" else ""
        click.echo(f"{configuration_name(runs[0].spec, fields)}: {state}{at}")
    if complete:
        best, runs = max(complete, key=lambda each: each[0].value or 0.0)
        configuration = configuration_name(runs[0].spec, fields)
        click.echo(f"Best {measured} accuracy: {best.value:.2%}, {configuration}")
