"""The compared runs: those that exist, and which did best."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import streamlit as st

from nn.runs.differences import by_configuration, differing_fields
from nn.runs.spec import RunSpec
from nn.runs.store.store import Run
from nn.runs.sweep_results import Result, results
from pages.common.setting_text import FIELDS, text_of
from pages.common.text import plain

MAX_NAMED = 3  # differences, or runs
# Names of settings within a sentence, where the label does not make one.
IN_WORDS = {"init_from": "initial weights", "train_size": "number of training images"}


def find(ids: Sequence[str], runs: Iterable[Run]) -> list[Run]:
    """Those of ``runs`` with these ids, in the order of the ids; a warning names the others."""
    by_id = {run.id: run for run in runs}
    missing = [plain(run_id[:40]) for run_id in ids if run_id not in by_id]
    if len(missing) == 1:
        st.warning(f"Run {missing[0]} is left out: it was deleted, or cannot be read.")
    elif missing:
        names = ", ".join(missing[:MAX_NAMED]) + (" …" if len(missing) > MAX_NAMED else "")
        st.warning(
            f"{len(missing)} runs are left out: they were deleted, or cannot be read ({names})."
        )
    return [by_id[run_id] for run_id in ids if run_id in by_id]


def differences(specs: Sequence[RunSpec]) -> str:
    """In what the runs differ, as a sentence."""
    fields = differing_fields(specs)
    names = [IN_WORDS.get(field) or _in_words(FIELDS[field]) for field in fields]
    if not names:
        return "These runs have the same settings, and the same seed."
    if len(names) == 1:
        return f"These runs differ in the {names[0]} alone."
    if len(names) <= MAX_NAMED:
        first, last = ", the ".join(names[:-1]), names[-1]
        return f"These runs differ in the {first} and the {last}."
    return f"These runs differ in {len(names)} settings."


def _in_words(label: str) -> str:
    """ "Early stopping (patience)" → "early stopping" """
    text = label.split(" (")[0]
    return text[0].lower() + text[1:]


def names(runs: Sequence[Run]) -> dict[str, str]:
    """Run → the name of its configuration: that of its only run, or what sets its seeds apart from
    the others."""
    fields = [field for field in differing_fields([run.spec for run in runs]) if field != "seed"]
    found: dict[str, str] = {}
    for seeds in by_configuration(runs):
        settings = [f"{FIELDS[field]} {text_of(seeds[0].spec, field)}" for field in fields]
        name = " · ".join(settings[:MAX_NAMED]) if len(seeds) > 1 and fields else seeds[0].name
        found |= {run.id: name for run in seeds}
    return found


def ranked(runs: Sequence[Run]) -> list[Result]:
    """The configurations with a test accuracy, highest median first; their runs that have none yet
    are left out."""
    return results((run for run in runs if run.test_accuracy is not None), {})
