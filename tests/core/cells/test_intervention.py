"""What an intervention costs, beside what others cost."""

from __future__ import annotations

import math

from rnnviz.core.cells.intervention import Ablation, Effect, Intervention


def ablation(*others: Effect) -> Ablation:
    return Ablation(
        intervention=Intervention(layer=1, unit=97),
        predictions=10,
        on=4,
        plain=Effect(1.0),
        changed=Effect(1.5, 2.0, 1.1),
        others=others,
        other_units=tuple(range(len(others))),
    )


def test_others_stand_at_a_share_of_the_order_of_each_loss() -> None:
    about = ablation(Effect(1.0, 9.0, 1.0), Effect(3.0, 1.0, None), Effect(2.0, 2.0, 5.0))
    assert about.of_others(0.5) == Effect(2.0, 2.0, 1.0)
    assert about.of_others(1.0) == Effect(3.0, 9.0, 5.0)
    assert math.isnan(ablation().of_others(0.5).loss)


def test_what_is_done_is_said_with_its_unit() -> None:
    cut = Intervention(layer=1, unit=97)
    assert cut.sentence == "unit 97 of layer 2 is cut"
    added = Intervention(layer=0, unit=3, how="add", value=-0.5, state="cell")
    assert added.sentence == "unit 3 of layer 1 (cell) has −0.5 added"
