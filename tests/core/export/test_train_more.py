"""A run's samples as one figure: which moments are chosen, and what stands on it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

from rnnviz.core.export.svg import svg
from rnnviz.core.export.train_more import (
    LINES,
    Moment,
    moments_of,
    temperatures_of,
    train_more_figure,
    train_more_page,
)
from rnnviz.core.runs.watched import WatchedRun
from tests.core.runs.made import MadeRun, finished_run


def watched(run: MadeRun) -> WatchedRun:
    found = WatchedRun(run.directory)
    found.poll()
    return found


def test_first_last_and_evenly_between_at_one_temperature(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "a")
    run.steps(1, 100)
    for step in (0, 1, 2, 5, 10, 20, 100):
        for temperature in (0.4, 0.8, 1.2):
            run.event("sample", step=step, temperature=temperature, text=f"{step} at {temperature}")
    record = watched(run).record
    assert temperatures_of(record.samples) == [0.4, 0.8, 1.2]
    assert [one.text for one in moments_of(record, 3)] == ["0 at 0.8", "5 at 0.8", "100 at 0.8"]
    assert [one.step for one in moments_of(record, 3, 1.2)] == [0, 5, 100]
    assert len(moments_of(record, 50)) == 7
    assert moments_of(record, 2)[1].loss == "loss 0.400 nats"


def test_the_loss_of_a_memory_run_is_in_no_nats(tmp_path: Path) -> None:
    run = MadeRun(tmp_path / "a", more_facts={"loss": "mean squared error"}, task="memory")
    run.steps(1, 4)
    run.event("validation", step=4, loss_nats=0.25, streams=1)
    run.event("sample", step=4, temperature=0.0, text="1 2 3")
    assert moments_of(watched(run).record)[0].loss == "held-out loss 0.250 mean squared error"


def test_the_figure_says_what_the_lecture_says(tmp_path: Path) -> None:
    moments = moments_of(watched(finished_run(tmp_path / "novel")).record, 3)
    drawn = train_more_figure(moments, "novel <b>")
    words = [one.text for one in drawn.words]
    assert words[:2] == ["novel <b>", "At first"]
    assert words.count("train more") == 2
    letters = ["".join(cell[2] for cell in row.cells) for row in drawn.letters]
    assert letters == ["xqz jh", "the text at 100", "the text at 200"]
    for box in drawn.boxes:
        assert box.x >= 0
        assert box.x + box.width <= drawn.width
        assert box.y + box.height <= drawn.height
    assert ET.fromstring(svg(drawn)).tag.endswith("svg")


def test_long_samples_are_cut_on_the_figure_and_whole_on_the_page() -> None:
    text = "\n".join(f"line {number} <&>" for number in range(20))
    moments = [Moment(0, text), Moment(7, "")]
    drawn = train_more_figure(moments, "a")
    assert len(drawn.letters) == LINES
    assert "…" in [one.text for one in drawn.words]
    assert any("nothing could be sampled" in one.text for one in drawn.words)
    page = train_more_page(moments, "a & b")
    assert "line 19 &lt;&amp;&gt;" in page
    assert "<title>a &amp; b</title>" in page
    assert page.count("train more") == 1
