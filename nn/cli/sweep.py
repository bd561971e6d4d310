"""``sweep`` and ``sweeps``: train many configurations through the queue, and list what came out."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import click

from nn.cli import Command, json_option, print_json
from nn.cli.results import result_fields, result_lines, results
from nn.cli.sweep_loop import Launcher, progress_bar
from nn.cli.train import (
    given_fields,
    interruptible,
    name_option,
    set_option,
    setting,
    spec_options,
    spec_with,
)
from nn.errors import UserError
from nn.runs.run_names import configuration_name

if TYPE_CHECKING:  # it takes long to import, and --help does without
    from nn.runs.store.groups import Group
    from nn.runs.store.store import Run, RunStore
    from nn.runs.sweep import Plan

LOOK_INTERVAL = 0.5  # seconds between two looks at the runs


@click.command(cls=Command)
@spec_options
@name_option("Name of the sweep.")
@set_option(
    "FIELD=VALUES",
    "Values of one field: a list (lr=0.01,0.1,1; hidden=32/64,32), evenly spaced values "
    "(dropout=0..0.5:6), with a constant ratio (lr=log:0.001..1:4), or random ones "
    "(lr=random:log:0.001..1). Repeatable: every combination is trained.",
)
@click.option(
    "--seeds", type=int, default=1, metavar="NUMBER", help="Runs of each configuration, with "
    "different random seeds."
)  # fmt: skip
@click.option("--draws", type=int, metavar="NUMBER", help="How many random values to draw.")
@click.option(
    "--optuna", "trials", type=int, metavar="NUMBER", help="Let Optuna choose so many "
    "configurations, and prune those that fall behind; ranges such as lr=log:0.001..1 need no "
    "number of values."
)  # fmt: skip
@click.option(
    "--cluster",
    envvar="DIGITSCOPE_CLUSTER",
    metavar="ADDRESS",
    help="Train on the Dask cluster whose scheduler has this address, as tcp://HOST:8786.",
)
@click.option("--new", is_flag=True, help="Train again what has been trained before.")
@json_option
def sweep(
    settings: tuple[str, ...],
    name: str,
    seeds: int,
    draws: int | None,
    trials: int | None,
    cluster: str | None,
    new: bool,
    as_json: bool,
    preset: str,
    **options: Any,
) -> None:
    """Train every combination of several settings.

    As many runs train at a time as there are free cores, or threads of the cluster. Ctrl-C stops
    them; the same command goes on where they were.
    """
    from nn.runs.store.groups import create_group
    from nn.runs.store.store import RunStore
    from nn.runs.sweep_runs import find_sweep, is_done, requeue

    if cluster:  # it applies to every launch of a run
        os.environ["DIGITSCOPE_CLUSTER"] = cluster
    if trials is not None:
        from nn.cli.sweep_optuna import optuna_sweep

        if draws is not None:
            raise UserError("Give either --draws or --optuna, which chooses the values itself.")
        optuna_sweep(
            dict(map(setting, settings)), trials, seeds, name, new, as_json, preset, **options
        )
        return
    store = RunStore()
    plan = _plan(store, settings, seeds, draws, preset, **options)
    group = None if new else find_sweep(store, plan)
    if group:
        click.echo(f"Going on with sweep {group.id}; --new starts another one.", err=True)
        requeue(store, reversed(store.runs(group.runs)))
    else:
        group = create_group(store, "sweep", plan.specs, name, names=plan.names, **plan.options)
    with interruptible() as interrupted, progress_bar("runs", len(plan.specs)) as show:
        _train(store, group.runs, interrupted, show)
    runs = store.runs(group.runs)
    if as_json:
        _print_rows(store, group, runs)
    else:
        for line in result_lines(results(store, _finished(runs)), plan.options["fields"]):
            click.echo(line)
        for run in reversed(runs):
            if run.state != "finished":
                click.echo(f"{run.name}: {run.state}. {run.message}".rstrip())
    done = sum(is_done(run) for run in runs)
    if done < len(runs):
        message = f"{done} of {len(runs)} runs are done. The same command goes on with the others."
        click.echo(message, err=True)
    if interrupted():
        sys.exit(130)
    if not done:
        raise UserError(f"No run of the sweep has finished. {runs[0].message}" if runs else
                        "All runs of the sweep were deleted.")  # fmt: skip


@click.command(cls=Command)
@json_option
def sweeps(as_json: bool) -> None:
    """List the sweeps.

    Newest first, each with its best configuration.
    """
    from nn.runs.store.groups import groups
    from nn.runs.store.store import RunStore
    from nn.runs.sweep_runs import is_done

    store = RunStore()
    found = [group for group in groups(store) if group.kind == "sweep"]
    for group in found:
        runs = store.runs(group.runs)
        ranked = results(store, _finished(runs))
        best = ranked[0] if ranked else None
        accuracy = best.accuracy.median if best and best.accuracy else None
        configuration = (
            configuration_name(best.runs[0].spec, group.options["fields"]) if best else ""
        )
        done = sum(map(is_done, runs))
        if as_json:
            print_json(
                sweep=group.id, name=group.name, created=group.created, runs=len(runs), done=done,
                best=configuration, test_accuracy=accuracy,
            )  # fmt: skip
        else:
            started = time.strftime("%Y-%m-%d %H:%M", time.localtime(group.created))
            shown = "" if accuracy is None else f"{accuracy:.2%}  {configuration}"
            line = f"{group.id}  {started}  {done:>4}/{len(runs):<4} {shown:<30} {group.name}"
            click.echo(line.rstrip())
    if not found:
        click.echo("No sweeps yet. Start one with `python -m nn sweep --set …`.", err=True)


def _plan(
    store: RunStore,
    settings: Sequence[str],
    seeds: int,
    draws: int | None,
    preset: str,
    **options: Any,
) -> Plan:
    """Raises UserError."""
    from nn.runs import sweep as sweeps

    given = given_fields(**options)
    seed = given.get("seed", 0)
    base = given | {"dataset": spec_with(store, preset, given).dataset}  # it says which it takes
    return sweeps.plan(
        dict(map(setting, settings)),
        lambda changes: spec_with(store, preset, base | changes),
        seeds,
        draws,
        seed if isinstance(seed, int) else 0,
    )


def _train(
    store: RunStore,
    run_ids: Sequence[str],
    interrupted: Callable[[], bool],
    show: Callable[[int, Iterable[float | None]], None],
) -> None:
    """Wait until no run is queued, trains or is paused; stop them all when interrupted. As its
    workers do, it waits for a database that is stopped for a while."""
    from nn.runs.store.lock_retry import retry_while_locked
    from nn.runs.sweep_runs import is_done, stop

    launcher, is_stopping = Launcher(store), False
    look = retry_while_locked(store.runs, until=interrupted)
    retry = retry_while_locked(launcher.retry, until=interrupted)
    launch = retry_while_locked(launcher.launch, until=interrupted)
    while True:
        runs = look(run_ids)
        show(sum(map(is_done, runs)), [run.test_accuracy for run in runs])
        active = [run for run in runs if run.state.active]
        retried: list[Run] = []
        if interrupted() and not is_stopping:
            is_stopping = True
            stop(store, active)
        elif not is_stopping:
            retried = retry([run for run in runs if run.state == "interrupted"])
            launch(now=bool(retried))
        if not active and not retried:
            return
        time.sleep(LOOK_INTERVAL)


def _print_rows(store: RunStore, group: Group, runs: Sequence[Run]) -> None:
    """A line of JSON for each configuration, the best first, and one at the end."""
    from nn.runs.sweep_runs import is_done

    for result in results(store, _finished(runs)):
        print_json(event="configuration", **result_fields(result, group.options["fields"]))
    print_json(
        event="end", sweep=group.id, runs=len(runs), done=sum(map(is_done, runs)),
        unfinished={run.id: run.state for run in runs if run.state != "finished"},
    )  # fmt: skip


def _finished(runs: Sequence[Run]) -> list[Run]:
    return [run for run in reversed(runs) if run.state == "finished"]
