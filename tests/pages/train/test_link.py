"""The link to an experiment: it fills in the settings of a run as they were."""

from __future__ import annotations

import dataclasses
from urllib.parse import parse_qsl

import pytest
import streamlit

from nn.data import sources
from nn.runs.presets import PRESETS
from nn.runs.spec import RunSpec
from pages.server import runs_api
from pages.train import settings
from pages.train import state as train_state


@pytest.fixture
def opened(monkeypatch):
    """``opened(query)``: the RunSpec that a new session has whose URL is this link"""

    def follow(query: str) -> RunSpec:
        monkeypatch.setattr(streamlit, "session_state", {})
        monkeypatch.setattr(
            streamlit, "query_params", QueryParams(parse_qsl(query, keep_blank_values=True))
        )
        settings._read_link()
        assert not train_state.link_problems()
        return runs_api.spec_of(settings.fields())

    return follow


class QueryParams(dict):
    to_dict = dict.copy


def usable(spec: RunSpec) -> RunSpec:
    return dataclasses.replace(spec, dataset=sources.default_dataset())


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_needs_its_name_alone(name, opened):
    query, problem = settings.link(usable(PRESETS[name].spec))
    assert query == f"preset={name}" and not problem
    assert opened(query) == usable(PRESETS[name].spec)


@pytest.mark.parametrize(
    "fields",
    [
        {"hidden": (40, 20), "lr": 0.123456789, "seed": 7},
        {"hidden": (), "optimizer": "adamw", "weight_decay": 1e-4},
        {"train_size": 500, "epochs": 99, "lr_schedule": "constant", "dropout": 0.1},
    ],
)
@pytest.mark.parametrize("preset", ["standard", "sigmoid-30", "overfits"])
def test_a_link_restores_every_setting(fields, preset, opened):
    spec = usable(dataclasses.replace(PRESETS[preset].spec, **fields))
    query, _ = settings.link(spec)
    assert opened(query) == spec


@pytest.mark.parametrize(
    "fields", [{"init_from": "pretrained"}, {"dataset": "/a/file.npz"}, {"clip_norm": 3.21}]
)
def test_what_no_link_can_name_is_said(fields):
    query, problem = settings.link(dataclasses.replace(usable(RunSpec()), **fields))
    assert not query and "No link can describe" in problem


def test_settings_that_are_not_valid_have_no_link():
    query, problem = settings.link(None)
    assert not query and "not valid" in problem
