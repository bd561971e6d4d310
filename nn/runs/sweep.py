"""Sweeps: the configurations that settings with several values make, written as texts.

The values of a field of RunSpec are written as

    0.01,0.1,1              a list; networks are separated by / or ;, for example 32/64,32 or none
    0..0.5:6                6 evenly spaced values, both ends included
    log:0.001..1:4          likewise, with a constant ratio: 0.001, 0.01, 0.1, 1
    random:0..0.5           random values, uniform between the ends
    random:log:0.001..1     likewise, uniform in the logarithm
    random:relu,tanh        random values of a list
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np

from nn.errors import FieldError, UserError
from nn.runs.differences import differing_fields
from nn.runs.run_names import configuration_name
from nn.runs.spec import LIMITS, RunSpec, parse_hidden

MAX_RUNS = 1000
DRAWN_DIGITS = 4  # significant ones of a random number
RANGE = re.compile(r"(?P<log>log:)?(?P<low>[^:]*?)\.\.(?P<high>[^:]*)(?::(?P<count>[0-9]{1,9}))?")
FIELDS = [field.name for field in dataclasses.fields(RunSpec)]

Draw = Callable[[np.random.Generator], Any]  # a random value


class Interval(NamedTuple):
    """Where the values of a field are chosen from, both ends included."""

    is_log: bool
    low: float
    high: float
    is_whole: bool  # only whole numbers; then its ends are whole, too


class Plan(NamedTuple):
    """A sweep to be started."""

    specs: list[RunSpec]  # of all runs
    names: list[str]  # of the runs
    options: dict[str, Any]  # of its group: "fields", which have several values, "fingerprint"


def parse(field: str, text: str) -> list[Any] | Draw:
    """The values of a field, or for ``random:`` what draws one. RunSpec checks the values of lists.

    Raises UserError for a field that does not exist, and FieldError for a text of another form.
    """
    if field not in FIELDS:
        raise UserError(f"There is no field {field!r}; the fields are {', '.join(FIELDS)}.")
    is_random, text = text.startswith("random:"), text.removeprefix("random:")
    if field in LIMITS and (".." in text or ":" in text):
        return _draw(field, text) if is_random else _range(field, text)
    words = re.split("[/;]", text) if field == "hidden" else text.split(",")
    values = [_value(field, word.strip()) for word in words]
    if not is_random:
        return values
    return lambda rng: values[rng.integers(len(values))]


def configurations(
    settings: Mapping[str, str], draws: int | None = None, seed: int = 0
) -> list[dict[str, Any]]:
    """What is to be set in each configuration: each combination of the values of all fields.

    settings: field → text, see above; draws: how many combinations of the random fields are drawn,
    from a stream that ``seed`` decides. More draws begin with the same ones. Without duplicates.
    Raises UserError, also for more than MAX_RUNS configurations.
    """
    parsed = {field: parse(field, text) for field, text in settings.items()}
    lists = {field: values for field, values in parsed.items() if isinstance(values, list)}
    random = {field: draw for field, draw in parsed.items() if not isinstance(draw, list)}
    if random and not draws:
        raise UserError(
            f"{', '.join(random)}: random values need the number of draws, for example --draws 20."
        )
    if draws and not random:
        raise UserError("There is nothing to draw: no field has random values.")
    _check_count((draws or 1) * math.prod(map(len, lists.values())))
    rng = np.random.default_rng(seed)
    drawn = [{name: draw(rng) for name, draw in random.items()} for _ in range(draws or 1)]
    made = [
        dict(zip(lists, values, strict=True)) | row
        for row in drawn
        for values in product(*lists.values())
    ]
    unique = {json.dumps(row, sort_keys=True): row for row in made}
    return list(unique.values())


def with_seeds(specs: Sequence[RunSpec], seeds: int) -> list[RunSpec]:
    """Each configuration with its seed and the ``seeds`` − 1 after that, which follow each other.
    Without duplicates.

    Raises UserError for fewer than one, for configurations that have several seeds already, and for
    more than MAX_RUNS.
    """
    if seeds < 1:
        raise UserError(f"The number of seeds must be 1 or more; got {seeds}.")
    if seeds > 1 and len({spec.seed for spec in specs}) > 1:
        raise UserError("Give either the values of seed or a number of seeds.")
    _check_count(len(specs) * seeds)
    found = [dataclasses.replace(spec, seed=spec.seed + i) for spec in specs for i in range(seeds)]
    return list(dict.fromkeys(found))


def fingerprint(runs: Sequence[RunSpec]) -> str:
    """A text that is equal for sweeps of the same configurations and seeds, in any order."""
    texts = sorted(spec.to_json() for spec in runs)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]


def plan(
    settings: Mapping[str, str],
    spec_of: Callable[[dict[str, Any]], RunSpec],
    seeds: int = 1,
    draws: int | None = None,
    seed: int = 0,
) -> Plan:
    """The sweep of the settings, which are as in ``configurations``, with ``draws`` and ``seed``.

    spec_of: a configuration, of the fields that are to be set in it; it may raise UserError.
    seeds: as in ``with_seeds``. Raises UserError.
    """
    changes = configurations(settings, draws, seed)
    chosen = list(dict.fromkeys(map(spec_of, changes)))
    fields = [field for field in differing_fields(chosen) if field in settings]
    specs = with_seeds(chosen, seeds)
    shown = [*fields, "seed"] if seeds > 1 else fields
    names = [configuration_name(spec, shown) for spec in specs]
    return Plan(specs, names, {"fingerprint": fingerprint(specs), "fields": fields})


def interval(field: str, text: str) -> Interval | None:
    """The interval that a range without a number of values stands for, with ``random:`` or without
    it; None for values of another form.

    Raises FieldError for one that has no value.
    """
    text = text.removeprefix("random:")
    match = RANGE.fullmatch(text)
    if field not in LIMITS or not match or match["count"]:
        return None
    is_log, low, high, _ = _ends(field, text, "LOW..HIGH or log:LOW..HIGH, for example 0..0.5")
    is_whole = isinstance(LIMITS[field][0], int)
    if is_whole:
        low, high = math.ceil(low), math.floor(high)
    if low > high:
        raise FieldError(field, f"must be a whole number; there is none in {text}.")
    return Interval(is_log, low, high, is_whole)


def rounded(field: str, x: float, within: Interval) -> int | float:
    """A number of the interval as random values are written: with a few significant digits."""
    return _number(field, min(max(x, within.low), within.high), DRAWN_DIGITS)


def _check_count(count: int) -> None:
    if count > MAX_RUNS:
        raise UserError(
            f"A sweep has at most {MAX_RUNS:,} runs; these values make {count:,}. Choose fewer "
            "values, draws or seeds."
        )


def _value(field: str, text: str) -> Any:
    """Raises FieldError for widths of layers that are none."""
    if field == "hidden":
        return () if text == "none" else parse_hidden(text)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _ends(field: str, text: str, expected: str) -> tuple[bool, float, float, int | None]:
    """(whether it is logarithmic, low, high, count) of a range. Raises FieldError."""
    match = RANGE.fullmatch(text)
    try:
        low, high = (float(match[name]) for name in ("low", "high")) if match else (0.0, 0.0)
    except ValueError:
        match = None
    if not match:
        raise FieldError(field, f"must be {expected}; got {text!r}.")
    is_log = bool(match["log"])
    lowest, highest = LIMITS[field]
    if not lowest <= low < high <= highest:
        rule = f"must range from a lower to a higher number, within {lowest:g} and {highest:g}"
        raise FieldError(field, f"{rule}; got {text!r}.")
    if is_log and not low:
        raise FieldError(field, f"must range from a number above 0 with log; got {text!r}.")
    return is_log, low, high, int(match["count"]) if match["count"] else None


def _range(field: str, text: str) -> list[Any]:
    expected = "LOW..HIGH:COUNT or log:LOW..HIGH:COUNT, for example 0.1..0.5:5"
    is_log, low, high, count = _ends(field, text, expected)
    if count is None or not 2 <= count <= MAX_RUNS:
        rule = f"needs a number of values from 2 to {MAX_RUNS:,}, as in 0.1..0.5:5"
        raise FieldError(field, f"{rule}; got {text!r}.")
    space: Any = np.geomspace if is_log else np.linspace
    return list(dict.fromkeys(_number(field, x, 12) for x in space(low, high, count)))


def _draw(field: str, text: str) -> Draw:
    expected = "random:LOW..HIGH or random:log:LOW..HIGH, for example random:0..0.5"
    is_log, low, high, count = _ends(field, text, expected)
    if count is not None:
        raise FieldError(field, f"must be {expected}, without a number of values; got {text!r}.")

    def draw(rng: np.random.Generator) -> Any:
        if is_log:
            x = math.exp(rng.uniform(math.log(low), math.log(high)))
        elif isinstance(LIMITS[field][0], int):
            return int(rng.integers(math.ceil(low), math.floor(high), endpoint=True))
        else:
            x = rng.uniform(low, high)
        return _number(field, min(max(x, low), high), DRAWN_DIGITS)

    return draw


def _number(field: str, x: float, digits: int) -> int | float:
    """Rounded: to a whole number if the field takes only those, otherwise to so many digits."""
    return round(x) if isinstance(LIMITS[field][0], int) else float(f"{x:.{digits}g}")
