"""`rnnviz unroll` writes pictures and a page, and says what the network says."""

from __future__ import annotations

import pytest
from PIL import Image

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
        (["hello"], "name a file to be written"),
        (["hello", "--animate", "x.mp4"], "take .gif, .webp or .apng"),
    ],
)
def test_what_cannot_be_drawn_is_said(words, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["unroll", *words]) == 1
    assert said in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_both_ways_and_where_not(tmp_path, capsys):
    command = ["unroll", "hello", "--direction", "both", "-o", str(tmp_path / "both.svg")]
    assert main(command) == 0
    assert "← from end" in (tmp_path / "both.svg").read_text()
    assert main([*command, "--structure", "attention"]) == 1
    assert "what is not written yet has no end" in capsys.readouterr().err


def test_a_moving_picture_of_all_moments(tmp_path, capsys):
    assert main(["unroll", "hello", "--animate", str(tmp_path / "hello.gif")]) == 0
    with Image.open(tmp_path / "hello.gif") as found:
        assert getattr(found, "n_frames", 1) == 11


def test_test_time(tmp_path, capsys):
    command = ["unroll", "hello", "--end", "--learn", "--test"]
    assert main([*command, "-o", str(tmp_path / "test.html")]) == 0
    assert "writes  e l l o ⏎" in capsys.readouterr().out
    page = (tmp_path / "test.html").read_text()
    assert page.count("<figure") == 6
    assert "goes back in" in page


MODEL = ["unroll", "war-and-peace-small-gru", "pride-and-prejudice.txt"]


def test_a_model_over_a_text(tmp_path, capsys):
    command = [*MODEL, "--at", "300", "--steps", "5", "--unit", "2:5"]
    assert main([*command, "-o", str(tmp_path / "there.svg")]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Step 301: “")
    drawn = (tmp_path / "there.svg").read_text()
    assert "2:5" in drawn and "layer 1, 149 units" in drawn


def test_a_model_writes_on(tmp_path, capsys):
    command = [*MODEL, "--at", "300", "--steps", "8", "--write", "4"]
    assert main([*command, "-o", str(tmp_path / "there.png")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("It writes: “")
    read, says = (line.split()[1:] for line in said[1:3])
    # The last four symbols that it read are what it said at the step before.
    assert read[4:] == says[3:7]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--at", "99999999"], "there is no step 99,999,999"),
        (["--unit", "7:1"], "there is no unit 7:1"),
        (["one more"], "3 words were given"),
    ],
)
def test_what_a_model_has_not_is_said(words, said, tmp_path, capsys):
    assert main([*MODEL, *words, "-o", str(tmp_path / "x.svg")]) == 1
    assert said in capsys.readouterr().err


def test_the_steps_of_a_model_as_a_moving_picture(tmp_path, capsys):
    command = [*MODEL, "--at", "300", "--steps", "4", "--write", "2"]
    assert main([*command, "--animate", str(tmp_path / "steps.webp")]) == 0
    with Image.open(tmp_path / "steps.webp") as found:
        assert getattr(found, "n_frames", 1) == 4


def test_a_page_and_a_drawing_for_print(tmp_path, capsys):
    settings = ["--radius", "1.5", "--clip", "norm", "--embedding", "2", "--tanh", "--chunk", "2"]
    to = tmp_path / "one.pdf"
    assert main(["unroll", "hello", *settings, "--fresh", "-o", str(to)]) == 0
    assert to.read_bytes().startswith(b"%PDF")
    to = tmp_path / "inside.svg"
    assert main(["unroll", "hello", "--architecture", "lstm", "--inside", "3", "-o", str(to)]) == 0
    assert "Inside step 3" in to.read_text()
    assert main(["unroll", "hello", "--inside", "9", "-o", str(to)]) == 1
    assert "take 1 to 4" in capsys.readouterr().err
    to = tmp_path / "steps.html"
    assert main([*MODEL, "--at", "20", "--steps", "3", "-o", str(to)]) == 0
    assert to.read_text().count("<figure") == 3
