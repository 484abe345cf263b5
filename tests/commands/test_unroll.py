"""`rnnviz unroll` writes pictures and a page, and says what the network says."""

from __future__ import annotations

import pytest

from rnnviz.cli import main


def test_a_page_of_all_moments(tmp_path, capsys):
    assert main(["unroll", "hello", "--learn", "-o", str(tmp_path / "steps.html")]) == 0
    said = capsys.readouterr().out
    assert "says    e l l o" in said
    page = (tmp_path / "steps.html").read_text()
    assert page.count("<figure") == 11
    assert "Forwards, step 1" in page


def test_one_moment_as_a_drawing(tmp_path, capsys):
    command = ["unroll", "hello", "--architecture", "gru", "--moment", "2"]
    assert main([*command, "-o", str(tmp_path / "one.svg")]) == 0
    drawn = (tmp_path / "one.svg").read_text()
    assert "Forwards, step 2" in drawn
    assert "own" not in drawn


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["a", "-o", "x.svg"], "has 1 letters"),
        (["hello", "-o", "x.gif"], "no known ending"),
        (["hello", "--units", "0", "-o", "x.svg"], "0 units"),
    ],
)
def test_what_cannot_be_drawn_is_said(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["unroll", *words]) == 1
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
