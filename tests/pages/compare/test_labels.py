"""In which settings a compared run differs, in words."""

from __future__ import annotations

from nn.runs.spec import RunSpec
from pages.compare.labels import settings_of


def test_the_settings_that_differ_are_named_and_the_seed_always(store):
    runs = [store.create(RunSpec(lr=lr, seed=seed)) for lr, seed in ((0.1, 1), (0.5, 2))]
    assert list(settings_of(runs).values()) == [
        "Learning rate 0.1 · Seed 1",
        "Learning rate 0.5 · Seed 2",
    ]
    other = store.create(RunSpec(hidden=(5,), optimizer="adam", momentum=0.5, batch_size=7, seed=3))
    settings = settings_of([*runs, other])[other.id]
    assert settings.count(" · ") == 3 and settings.endswith("Seed 3")
    assert settings_of(runs[:1]) == {runs[0].id: ""}
