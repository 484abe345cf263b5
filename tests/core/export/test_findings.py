"""A finding is drawn as it was, from its own model and text and no other."""

import pytest

from rnnviz.core.colours.colour import Scale
from rnnviz.core.errors import FindingError, UnitError
from rnnviz.core.export.findings import coloured_finding
from tests.core.cells.made_findings import finding


def test_a_finding_looks_as_it_did(random_recording):
    recording = random_recording("hello (world)\n")
    part = coloured_finding(finding(), recording)
    assert part.characters == "llo (wor"
    assert part.values.tolist() == recording.values("cell", 10)[2:10].tolist()
    assert (part.scale, part.title, part.note) == (
        Scale(-0.5, 0.5, "green-purple"), "quotes", "a note"
    )  # fmt: skip
    surprising = coloured_finding(finding(channel="surprisal"), recording)
    assert surprising.values.tolist() == recording.surprisal[2:10].tolist()


def test_a_finding_of_another_text_or_model_is_refused(random_recording):
    recording = random_recording("hello")
    with pytest.raises(FindingError, match="was found in other"):
        coloured_finding(finding(text_name="other", stop=4), recording)
    with pytest.raises(FindingError, match="“quotes” was found in random"):
        coloured_finding(finding(), recording)
    another = finding(stop=4, model_name="Linux kernel", model_path="linux.safetensors")
    with pytest.raises(FindingError, match="with Linux kernel"):
        coloured_finding(another, recording)
    with pytest.raises(UnitError, match="no unit 2:99"):
        coloured_finding(finding(stop=4, unit=99), recording)
