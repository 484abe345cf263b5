"""What names a network names no other."""

from __future__ import annotations

from rnnviz.core.cells.intervention import Intervention
from rnnviz.work.jobs.given import ModelGiven


def test_values_that_people_read_alike_are_different_networks() -> None:
    one, other = (Intervention(layer=0, unit=1, value=value) for value in (0.5, 0.50000001))
    assert one.sentence == other.sentence
    plain = ModelGiven("m.pt", digest="d")
    stamps = {ModelGiven("m.pt", digest="d", intervention=done).stamp for done in (one, other)}
    assert len(stamps | {plain.stamp}) == 3
