"""Mutated files, links and messages get an answer or a UserError; all 10,000: tests.bench fuzz."""

from __future__ import annotations

from random import Random

from tests.bench import fuzz

COUNT = 1500


def test_no_mutated_input_is_a_traceback_or_takes_the_memory():
    result = fuzz.try_inputs(COUNT, seed=1)
    assert (result.ended, result.faults, result.tried) == ("", [], COUNT)
    assert result.peak < fuzz.MAX_MIB


def test_the_inputs_follow_from_the_seed_and_differ():
    first, again = ([fuzz.mutated(b"some data", Random(seed)) for seed in range(50)] for _ in "ab")
    assert first == again and len(set(first)) > 40
