"""The glossary's entries are complete, and every term that a page asks for is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pages.common.glossary import TERMS, term
from pages.train.settings import SETTINGS

PAGES = Path(__file__).parents[3] / "pages"


@pytest.mark.parametrize("key", TERMS)
def test_a_term_has_a_name_one_sentence_and_a_paragraph(key):
    entry = TERMS[key]
    assert entry.name[0].isupper()
    for text in (entry.sentence, entry.paragraph):
        assert text[0].isupper() and text.endswith("."), text
        assert "  " not in text
    assert len(entry.sentence) <= 180
    assert entry.sentence != entry.paragraph


def test_every_term_on_a_page_is_in_the_glossary():
    used = {
        key
        for path in PAGES.rglob("*.py")
        for key in re.findall(r"\bterm\([\"'](\w+)[\"']\)", path.read_text("utf-8"))
    }
    assert used and used <= set(TERMS)


@pytest.mark.parametrize("name", SETTINGS)
def test_the_help_of_a_setting_comes_from_the_glossary(name):
    sentences = [entry.sentence for entry in TERMS.values()]
    first_line, *options = SETTINGS[name].help.splitlines()
    assert first_line in sentences
    assert all(any(option.endswith(each) for each in sentences) for option in options)


def test_an_unknown_term_is_an_error():
    with pytest.raises(KeyError):
        term("no such term")
