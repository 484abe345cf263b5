"""The example of docs/adding.md is an architecture: it does all that the real ones do."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from rnnviz.core.unroll.formulas import explain
from rnnviz.core.unroll.pictures.inside import draw_inside
from rnnviz.core.unroll.plan import of_word
from rnnviz.core.unroll.states import left_of_the_state
from rnnviz.nets.language.sampling import sample
from rnnviz.nets.training_tasks.characters import CharacterTask
from rnnviz.nets.unroll.computing import compute
from tests.nets.architectures.every import register
from tests.nets.small import random_text, small_model, walk_by_cells
from tests.nets.training.small_runs import settings
from tests.nets.walked import walk_arrays

ROOT = Path(__file__).parents[3]
MODULES = (
    "rnnviz.core.architectures.leaky_average",
    "rnnviz.nets.architectures.leaky_average",
)


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The class of the page, its facts and its arithmetic in the files that the page names."""
    page = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
    section = page.partition("## An architecture\n")[2].partition("\n## ")[0]
    codes = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert len(codes) == len(MODULES)
    for name, code in zip(MODULES, codes, strict=True):
        module = ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)
        exec(compile(code, f"{name}, on the page", "exec"), module.__dict__)
    found: Any = sys.modules[MODULES[1]]
    register(monkeypatch, found.LeakyAverage.facts, found.LeakyAverage)
    return found.LeakyAverage


def test_it_is_trained_walked_and_sampled(kind: Any) -> None:
    task = CharacterTask(settings(architecture=kind.facts.name), random_text(300))
    first = task.loss(task.model, task.next_batch()).nats.item()
    assert 0 < first < 5
    model = small_model(kind.facts.name)
    text = random_text(60)
    found = walk_arrays(model, text, kind.facts.channel_names, block=7)
    np.testing.assert_allclose(found["hidden"], walk_by_cells(model, text)["hidden"], atol=1e-5)
    assert len("".join(sample(model, 20, seed=1))) == 20


def test_its_step_is_opened_in_unroll(kind: Any) -> None:
    trace = compute(of_word("hello", architecture=kind.facts.name))
    way = left_of_the_state(trace, 0, 2)
    assert way is not None and way[1] == pytest.approx(trace["0/kept"][2], abs=1e-12)
    picture = draw_inside(trace, 0, 2, (1000.0, 600.0))
    said = [explain(trace, place)[1] for place in picture.places]
    assert any(line.startswith("tanh(W x + b) = tanh(") for line in said)
    assert any(line.startswith("hidden = ") for line in said)
