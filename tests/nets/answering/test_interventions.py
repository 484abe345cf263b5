"""What an intervention did is told as it becomes known; what is known already is not read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rnnviz.core.cells.intervention import Intervention
from rnnviz.nets.answering import interventions
from rnnviz.nets.answering.interventions import ablate
from rnnviz.nets.opened import OpenedModel
from rnnviz.nets.walking.intervening import cost_of
from rnnviz.work.jobs.given import ModelGiven, TextGiven
from rnnviz.work.jobs.interventions import Ablate, Ablated
from tests.nets.small import random_text, small_model


class Heard:
    """Remembers what was told."""

    def __init__(self) -> None:
        self.facts: list[Ablated] = []

    def progress(self, done: float, total: float, facts: Any = None) -> None:
        self.facts.append(facts)


def test_the_losses_come_first_then_the_samples_then_the_other_units(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    opened = OpenedModel("language-model", small_model("lstm", layers=2), "", digest="this file")
    read: list[int] = []
    plain = cost_of

    def noted(model: Any, ids: Any, one: Any, labels: Any, known: Any) -> Any:
        read.append(1 if known is None else 0)
        return plain(model, ids, one, labels, known)

    monkeypatch.setattr(interventions, "cost_of", noted)
    answers = []
    for unit in (1, 3, 1):
        heard = Heard()
        asked = Ablate(
            model=ModelGiven(str(Path("m"))),
            text=TextGiven(text=random_text(600, seed=3)),
            intervention=Intervention(layer=1, unit=unit),
            randoms=3,
            sample_length=20,
        )
        whole = ablate(opened, asked, heard)
        assert heard.facts[0].ablation.others == () and not heard.facts[0].sample
        assert heard.facts[-1].sample == whole.sample and heard.facts[-1].ablation.others == ()
        assert len(whole.ablation.others) == 3 and len(whole.changed_sample) == 20
        answers.append(whole)
    first, other, again = (answer.ablation for answer in answers)
    assert first.plain == other.plain == again.plain
    assert first.others == again.others and answers[0].changed_sample == answers[2].changed_sample
    assert first.changed.loss == pytest.approx(again.changed.loss, abs=1e-6)
    assert read == [1, 0, 0], "the text is read once as it is"
