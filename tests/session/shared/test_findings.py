"""Findings as the window keeps them: added, changed, removed, brought back, exported."""

import msgspec
import pytest

from rnnviz.core.cells.finding import Finding, load_finding
from rnnviz.core.colours.colour import Scale
from rnnviz.core.errors import FindingError, UnitError
from rnnviz.session.shared.findings import (
    Findings,
    coloured_finding,
    export_findings_html,
)


def finding(**changes):
    made = Finding(
        title="quotes",
        note="a note",
        text_name="random",
        channel="cell",
        layer=1,
        unit=2,
        start=2,
        stop=10,
        scale=Scale(-0.5, 0.5, "green-purple"),
    )
    return msgspec.structs.replace(made, **changes)


@pytest.fixture
def findings(tmp_path):
    return Findings(tmp_path / "findings")


def test_adding_is_told_and_kept(findings, tmp_path, qtbot):
    with qtbot.waitSignal(findings.findings_changed):
        saved = findings.add(finding())
    assert findings.items == (saved,)
    assert Findings(tmp_path / "findings").items == (saved,)


def test_title_and_note_change_in_the_same_file(findings):
    saved = findings.add(finding())
    renamed = findings.rename(saved, "other")
    annotated = findings.annotate(renamed, "longer")
    assert annotated.path == saved.path
    assert load_finding(saved.path).title == "other"
    assert load_finding(saved.path).note == "longer"
    assert findings.items == (annotated,)


def test_saying_the_same_again_tells_nobody(findings, qtbot):
    saved = findings.add(finding())
    with qtbot.assertNotEmitted(findings.findings_changed):
        assert findings.rename(saved, "quotes") is saved


def test_what_is_removed_comes_back(findings):
    saved = findings.add(finding())
    findings.remove(saved)
    assert findings.items == ()
    assert not saved.path.exists()
    assert findings.can_restore
    assert findings.restore() == saved
    assert findings.items == (saved,)
    assert not findings.can_restore
    assert findings.restore() is None


def test_coming_back_overwrites_nothing(findings):
    first = findings.add(finding(note="first"))
    findings.remove(first)
    second = findings.add(finding(note="second"))
    assert second.path == first.path
    findings.restore()
    assert {item.finding.note for item in findings.items} == {"first", "second"}


def test_damaged_files_are_listed(tmp_path):
    folder = tmp_path / "findings"
    folder.mkdir()
    (folder / "bad.json").write_text("{")
    findings = Findings(folder)
    assert findings.items == ()
    assert [one.path.name for one in findings.damaged] == ["bad.json"]


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
    with pytest.raises(UnitError, match="no unit 2:99"):
        coloured_finding(finding(stop=4, unit=99), recording)


def test_findings_are_exported(random_recording, tmp_path):
    recording = random_recording("hello (world)\n")
    export_findings_html(
        tmp_path / "a.html", [finding(), finding(title="second")], recording, title="All"
    )
    assert '<a href="#part-1">second</a>' in (tmp_path / "a.html").read_text()
