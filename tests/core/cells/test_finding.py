"""Findings survive being written and read, and damaged files are named, never fatal."""

import json

import msgspec
import pytest

from rnnviz.core.cells.finding import (
    Finding,
    list_findings,
    load_finding,
    replace_finding,
    save_finding,
)
from rnnviz.core.colours.colour import Scale
from rnnviz.core.errors import FindingError


def finding(**changes):
    made = Finding(
        title="A quote cell: “hidden” 2:142",
        note="high inside\nquotes",
        model_name="War and Peace",
        text_name="warpeace.txt",
        channel="cell",
        layer=1,
        unit=142,
        start=100,
        stop=400,
        scale=Scale(-2.5, 2.5, "blue-orange", flipped=True),
        concept={"kind": "built-in", "name": "inside-quotes"},
        score={"auc": 0.98},
    )
    return msgspec.structs.replace(made, **changes)


def test_what_is_saved_is_read_back(tmp_path):
    saved = save_finding(tmp_path / "new folder", finding())
    assert load_finding(saved.path) == saved.finding
    assert saved.finding.created.startswith("20")
    assert saved.path.name == "a-quote-cell-hidden-2-142.json"
    assert msgspec.structs.replace(saved.finding, created="") == finding()


def test_two_of_the_same_title_are_two_files(tmp_path):
    first, second = (save_finding(tmp_path, finding()) for _ in range(2))
    assert first.path != second.path
    assert len(list_findings(tmp_path)[0]) == 2


def test_the_newest_comes_first(tmp_path):
    save_finding(tmp_path, finding(title="old", created="2020-01-01T00:00:00+00:00"))
    save_finding(tmp_path, finding(title="new", created="2021-01-01T00:00:00+00:00"))
    assert [one.finding.title for one in list_findings(tmp_path)[0]] == ["new", "old"]


def test_replacing_leaves_one_file(tmp_path):
    saved = save_finding(tmp_path, finding())
    replace_finding(saved.path, finding(title="other"))
    assert [path.name for path in tmp_path.iterdir()] == [saved.path.name]
    assert load_finding(saved.path).title == "other"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is damaged"),
        (b"[1, 2]", "is damaged"),
        (b'{"title": "x"}', "is damaged"),
        (b"\xff\xfe\x00", "is damaged"),
        (b"[" * 100_000, "is damaged"),
        (b" " * 1_100_000, "larger than"),
    ],
)
def test_a_damaged_file_is_listed_as_damaged(tmp_path, content, reason):
    (tmp_path / "bad.json").write_bytes(content)
    save_finding(tmp_path, finding())
    saved, damaged = list_findings(tmp_path)
    assert len(saved) == 1
    assert [one.path.name for one in damaged] == ["bad.json"]
    assert reason in damaged[0].reason


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("stop", 100, "from 100 to 100 holds no character"),
        ("start", -1, "from -1 to 400"),
        ("unit", -1, "must not be negative"),
        ("version", 99, "newer rnnviz"),
        ("scale", {"low": 1.0, "high": 1.0, "palette": "gate"}, "is no range"),
        ("scale", {"low": 0.0, "high": 1.0, "palette": "mud"}, "'mud' is unknown"),
    ],
)
def test_what_cannot_be_shown_is_refused(tmp_path, field, value, message):
    fields = msgspec.to_builtins(finding()) | {field: value}
    (tmp_path / "odd.json").write_text(json.dumps(fields))
    with pytest.raises(FindingError, match=message):
        load_finding(tmp_path / "odd.json")


def test_a_folder_that_is_not_there_holds_nothing(tmp_path):
    assert list_findings(tmp_path / "none") == ([], [])


def test_a_folder_that_is_a_file_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(FindingError, match="cannot keep a finding in"):
        save_finding(tmp_path / "file", finding())
