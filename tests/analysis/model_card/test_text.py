from __future__ import annotations

import json
import re

import numpy as np
import pytest
from PIL import Image

from nn.analysis.model_card import forms_sheet, measure, non_digits, views
from nn.data import sources
from nn.data.dataset import Splits
from nn.data.synthetic import handwriting
from nn.data.synthetic.forms import FORMS, NON_DIGIT_FORMS
from nn.models import pretrained
from tests.cli.command_line import nn

SEVEN = [[(0, 0), (50, 0), (30, 100)], [(10, 50), (45, 50)]]

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture
def little(monkeypatch, tmp_path):
    """Everything is measured on a few images; the card goes to ``tmp_path``."""
    for name in ("CORRUPTED", "NOISY", "SCRIBBLES"):
        monkeypatch.setattr(measure, name, 3)
    monkeypatch.setattr(non_digits, "LETTERS", "AX")
    monkeypatch.setattr(non_digits, "SHAPES", {"square": non_digits.SHAPES["square"]})
    for file in views.FILES:
        drawings = [{"label": 7, "writer": f"w{k}", "strokes": SEVEN} for k in range(8)]
        (tmp_path / file).write_text(json.dumps(drawings))
    few = handwriting.make(20, seed=1)
    monkeypatch.setattr(sources, "load_splits", lambda *_: Splits(few, few, few))
    monkeypatch.setattr(pretrained, "CARD", tmp_path / "pretrained.md")
    return tmp_path


def test_the_command_writes_the_card_and_the_sheet_of_forms(little):
    result = nn("card", little)
    assert result.exit_code == 0, result.output
    card = (little / "pretrained.md").read_text()
    network = pretrained.network()
    assert "-".join(map(str, network.sizes)) in card and f"{len(network.parameters):,}" in card
    assert not re.search(r"[{}]", card), "everything is filled in"
    for view in views.VIEWS:
        assert card.count(f"| {view} | 100.00% |") == 2
    for row in card.splitlines():
        if row.startswith("|") and "---" not in row:
            assert row.rstrip().endswith("|")
    assert f"Wrote {little / 'pretrained.md'}." in result.stdout
    assert Image.open(little / "pretrained-forms.png").size[0] == forms_sheet.COLUMNS * 30


def test_a_folder_without_drawings_is_a_user_error_before_anything_is_measured(tmp_path):
    result = nn("card", tmp_path)
    assert result.exit_code == 1
    assert "chars74k_digits_550.json cannot be read" in result.output


def test_the_sheet_has_a_drawing_of_every_form():
    sheet = 255 - np.asarray(forms_sheet.sheet())
    side = 28 + forms_sheet.GAP
    cells = sheet.reshape(len(sheet) // side, side, forms_sheet.COLUMNS, side).swapaxes(1, 2)
    drawn = np.count_nonzero(cells.max(axis=(2, 3)) > 128)
    forms = sum(len(named) for named in FORMS.values())
    assert drawn == forms_sheet.SAMPLES * forms + len(NON_DIGIT_FORMS)
