from __future__ import annotations

import json
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.data import sources
from nn.errors import UserError
from nn.initializers import INITIALIZERS
from nn.layers import ACTIVATIONS, OUTPUTS
from nn.losses import LOSSES
from nn.optimizers import OPTIMIZERS, Sgd
from nn.runs.spec import RunSpec, parse_hidden
from nn.schedules import SCHEDULES

FIELDS = [field.name for field in fields(RunSpec)]

specs = st.builds(
    RunSpec,
    hidden=st.lists(st.integers(1, 300), max_size=20).map(tuple),
    activation=st.sampled_from(sorted(ACTIVATIONS)),
    output=st.sampled_from(sorted(OUTPUTS)),
    loss=st.sampled_from(sorted(LOSSES)),
    initializer=st.sampled_from(sorted(INITIALIZERS)),
    lr=st.floats(0, 1000, exclude_min=True),
    lr_schedule=st.sampled_from(sorted(SCHEDULES)),
    optimizer=st.sampled_from(sorted(OPTIMIZERS)),
    momentum=st.floats(0, 0.9999),
    nesterov=st.booleans(),
    weight_decay=st.floats(0, 1),
    dropout=st.floats(0, 0.95),
    augmentation=st.floats(0, 2),
    label_smoothing=st.floats(0, 0.9),
    clip_norm=st.floats(0, 1e6),
    early_stopping_patience=st.integers(0, 10_000),
    batch_size=st.integers(1, 10_000),
    epochs=st.integers(1, 10_000),
    dataset=st.sampled_from([*sources.DATASETS, "/no longer/there", r"C:\elsewhere.csv"]),
    extra_data=st.sampled_from(["", "/no longer/there.npz", r"C:\elsewhere.npz"]),
    init_from=st.sampled_from(["", "pretrained", "no such run@17"]),
    validation_size=st.integers(0, 1_000_000),
    seed=st.integers(0, 2**32 - 1),
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@given(specs)
def test_a_round_trip_through_json_is_the_identity(spec):
    assert RunSpec.from_json(spec.to_json()) == spec


@given(st.sampled_from(FIELDS), json_values)
def test_any_value_for_a_field_makes_a_spec_or_a_message_that_names_the_field(field, value):
    try:
        spec = RunSpec.from_json(json.dumps({field: value}))
    except UserError as error:
        assert str(error).startswith(field)
    else:
        assert spec == replace(RunSpec(), **{field: getattr(spec, field)})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("batch_size", 0),
        ("batch_size", 1.5),
        ("batch_size", 10_001),
        ("lr", float("nan")),
        ("lr", float("inf")),
        ("lr", 0),
        ("lr", -0.1),
        ("lr", "x"),
        ("lr", True),
        ("momentum", 1.0),
        ("momentum", -0.1),
        ("hidden", [-3]),
        ("hidden", [0]),
        ("hidden", [1_000_000]),
        ("hidden", [8] * 25),
        ("hidden", [10_000, 10_000]),  # each layer is within the limit, the network is not
        ("hidden", "128"),
        ("hidden", 128),
        ("hidden", None),
        ("activation", "cube"),
        ("activation", []),
        ("output", "relu"),
        ("loss", "hinge"),
        ("initializer", "zero"),
        ("lr_schedule", "linear"),
        ("dataset", "emnist"),
        ("dataset", "relative/path.csv"),
        ("dataset", ""),
        ("dataset", None),
        ("dataset", ["mnist"]),
        ("extra_data", "relative/path.npz"),
        ("extra_data", None),
        ("extra_data", 3),
        ("init_from", "mnist"),
        ("init_from", "run@"),
        ("init_from", "@3"),
        ("init_from", "run@-1"),
        ("init_from", "run@3@4"),
        ("init_from", None),
        ("init_from", ["pretrained"]),
        ("epochs", 0),
        ("epochs", True),
        ("validation_size", -1),
        ("seed", -1),
        ("seed", 2**32),
    ],
)
def test_the_message_about_an_impossible_value_names_the_field(field, value):
    with pytest.raises(UserError, match=rf"^{field}\b.*\.$"):
        RunSpec(**{field: value})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not JSON"),
        ("{'lr': 1}", "not JSON"),
        ("[]", "found list"),
        ("3", "found int"),
        ("null", "found NoneType"),
        ('{"learning_rate": 1}', "no field 'learning_rate'.* lr,"),
        (
            '{"lr": 1' + 5000 * "0" + "}",
            "not JSON|^lr must be",
        ),  # too many digits for Python
    ],
    ids=lambda text: text[:20],
)
def test_invalid_json_or_fields_are_rejected_with_a_message(text, message):
    with pytest.raises(UserError, match=message):
        RunSpec.from_json(text)


def test_missing_fields_take_their_defaults():
    assert RunSpec.from_json('{"lr": 0.5}') == RunSpec(lr=0.5)


def test_equal_seeds_build_equal_networks_and_different_seeds_different_ones():
    spec = RunSpec(hidden=(5,), seed=3)
    one, same, other = (s.build()[0] for s in (spec, spec, replace(spec, seed=4)))
    np.testing.assert_array_equal(one.parameters, same.parameters)
    assert not np.array_equal(one.parameters, other.parameters)


def test_a_spec_builds_the_network_loss_and_optimizer_it_describes():
    spec = RunSpec(
        hidden=(7, 5), activation="sigmoid", output="sigmoid", loss="squared_error", lr=2.5,
        momentum=0.25, nesterov=True, weight_decay=0.1, dropout=0.4, label_smoothing=0.2,
    )  # fmt: skip
    network, loss, optimizer = spec.build()
    assert network.sizes == (784, 7, 5, 10)
    assert network.activation == "sigmoid"
    assert isinstance(network.output, OUTPUTS["sigmoid"])
    assert loss.func is LOSSES["squared_error"]
    assert loss.keywords == {"label_smoothing": 0.2}
    assert isinstance(optimizer, Sgd)
    assert (optimizer.lr, optimizer.momentum, optimizer.nesterov) == (2.5, 0.25, True)
    assert (optimizer.weight_decay, network.dropout) == (0.1, 0.4)
    for name, kind in OPTIMIZERS.items():
        assert type(RunSpec(optimizer=name).build()[2]) is kind


@pytest.mark.parametrize(
    ("text", "widths"),
    [("128", (128,)), ("128, 64", (128, 64)), ("128 64", (128, 64)), ("8,8,", (8, 8)), ("", ())],
)
def test_parse_hidden_accepts_commas_and_spaces(text, widths):
    assert parse_hidden(text) == widths


@pytest.mark.parametrize("text", ["wide", "12.5", "8;8", "[8]"])
def test_parse_hidden_rejects_other_text(text):
    with pytest.raises(UserError, match=r"^hidden must be"):
        parse_hidden(text)
