"""Findings as the window keeps them: added, changed, removed, brought back, exported."""

import pytest

from rnnviz.core.cells.finding import load_finding
from rnnviz.core.errors import FindingError
from rnnviz.session.shared.findings import Findings
from rnnviz.session.shared.jobs import Jobs
from rnnviz.work.jobs.findings import PageWritten, WriteFindingsPage
from tests.asking import PipedRunner
from tests.core.cells.made_findings import finding

asked: list[WriteFindingsPage] = []


def write_page(request, context):
    asked.append(request)
    if not request.findings[0].note:
        raise FindingError("nothing to show")
    return PageWritten(len(request.findings), ("“gone”: its model is gone",))


@pytest.fixture
def jobs(qapp):
    asked.clear()
    return Jobs(PipedRunner({WriteFindingsPage: write_page}))


@pytest.fixture
def findings(tmp_path, jobs):
    return Findings(jobs, tmp_path / "findings")


def test_adding_is_told_and_kept(findings, tmp_path, qtbot):
    with qtbot.waitSignal(findings.findings_changed):
        saved = findings.add(finding())
    assert findings.items == (saved,)
    assert Findings(findings._jobs, tmp_path / "findings").items == (saved,)


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
    assert findings.restore() == saved
    assert findings.items == (saved,)
    assert findings.restore() is None


def test_coming_back_overwrites_nothing(findings):
    first = findings.add(finding(note="first"))
    findings.remove(first)
    second = findings.add(finding(note="second"))
    assert second.path == first.path
    findings.restore()
    assert {item.finding.note for item in findings.items} == {"first", "second"}


def test_damaged_files_are_listed(tmp_path, jobs):
    folder = tmp_path / "findings"
    folder.mkdir()
    (folder / "bad.json").write_text("{")
    findings = Findings(jobs, folder)
    assert findings.items == ()
    assert [one.path.name for one in findings.damaged] == ["bad.json"]


def test_all_findings_are_put_on_one_page(findings, tmp_path, qtbot):
    findings.add(finding(title="first"))
    with qtbot.waitSignal(findings.page_written) as written:
        findings.write_page(tmp_path / "a.html", [tmp_path / "walk"])
    assert written.args[0].left_out == ("“gone”: its model is gone",)
    assert asked[0].title == "", "one finding names its page"
    assert asked[0].recordings == (str(tmp_path / "walk"),)
    findings.add(finding(title="second", text_name="another"))
    findings.write_page(tmp_path / "a.html")
    assert {one.title for one in asked[1].findings} == {"first", "second"}
    assert asked[1].title == "Findings"


def test_a_page_that_cannot_be_written_is_told(findings, tmp_path, qtbot):
    findings.add(finding(note=""))
    with qtbot.waitSignal(findings.page_refused) as refused:
        findings.write_page(tmp_path / "a.html")
    assert refused.args == ["nothing to show"]
