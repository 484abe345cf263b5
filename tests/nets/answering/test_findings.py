"""Findings on several models and texts become one page, each with its own model's data."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnviz.core.cells.finding import Finding
from rnnviz.core.colours.colour import Scale
from rnnviz.core.errors import FindingError
from rnnviz.core.sequences.text import Text
from rnnviz.nets.answering.table import TASKS
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.walking.walk import walk
from rnnviz.work.jobs.findings import PageWritten, WriteFindingsPage
from tests.asking import ask
from tests.nets.small import small_model
from tests.nets.walked import walk_arrays

TEXTS = ('a "bad" cab\nab', "de ab cd\nab", "bead cab\n")


@pytest.fixture
def files(tmp_path: Path) -> Path:
    for seed in (0, 1):
        save_model(tmp_path / f"m{seed}.safetensors", small_model("lstm", seed=seed))
    for place, text in enumerate(TEXTS):
        (tmp_path / f"t{place}.txt").write_text(text)
    return tmp_path


def finding(files: Path, model: int, text: int, **changes: Any) -> Finding:
    given: dict[str, Any] = {
        "title": f"{model} on {text}",
        "channel": "cell",
        "layer": 1,
        "unit": 2,
        "start": 1,
        "stop": 7,
        "scale": Scale(-1.0, 1.0, "blue-orange"),
        "model_name": "small",
        "model_path": str(files / f"m{model}.safetensors"),
        "text_name": f"t{text}.txt",
        "text_path": str(files / f"t{text}.txt"),
    }
    return Finding(**{**given, **changes})


def page_of(files: Path, *findings: Finding, **more: Any) -> tuple[PageWritten, str]:
    path = files / "page.html"
    written = ask(TASKS, WriteFindingsPage(findings=findings, path=str(path), **more))
    return written, path.read_text(encoding="utf-8")


def values_in(page: str) -> list[list[float]]:
    found = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page, re.DOTALL)
    return [json.loads(data)["values"] for data in found]


def test_each_is_drawn_with_the_data_of_its_own_model_and_text(files: Path) -> None:
    pairs = [(0, 0), (1, 0), (0, 1), (1, 1), (1, 2)]
    written, page = page_of(files, *(finding(files, *pair) for pair in pairs), title="All")
    assert written == PageWritten(5)
    for shown, (seed, text) in zip(values_in(page), pairs, strict=True):
        model = small_model("lstm", seed=seed)
        cells = walk_arrays(model, TEXTS[text], ("cell",))["cell"]
        np.testing.assert_allclose(shown, cells[6 + 2, 1:7], atol=2e-3)
        assert f"<h2>{seed} on {text}</h2>" in page
    assert values_in(page)[0] != values_in(page)[1]


def test_one_finding_keeps_its_title_and_its_underline(files: Path) -> None:
    quotes = {"kind": "built-in", "name": "inside-quotes"}
    _, page = page_of(files, finding(files, 0, 0, title="Mine", concept=quotes))
    assert "<h1>Mine</h1>" in page
    assert "underlined:" in page
    assert "Inside double quotes" in page
    underlined = re.findall(r'<i class="[^"]*u5[^"]*">(.*?)</i>', page)[1:]
    assert html.unescape("".join(underlined)) == '"bad', (
        "from the opening mark on, up to the closing one"
    )


def test_what_is_recorded_is_taken(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = Text.read(files / "t0.txt")
    path = str(files / "m0.safetensors")
    walk(small_model("lstm", seed=0), text, files / "walk", ("cell",), model_path=path)
    monkeypatch.setattr(
        "rnnviz.nets.answering.findings.warm_model", lambda _: pytest.fail("walked")
    )
    recordings = (str(files / "none"), str(files / "walk"))
    written, _ = page_of(files, finding(files, 0, 0), recordings=recordings)
    assert written == PageWritten(1)


def test_those_that_cannot_be_shown_are_named_and_the_others_are_there(files: Path) -> None:
    gone = finding(files, 0, 0, title="Gone", model_path=str(files / "gone.safetensors"))
    typed = finding(files, 0, 0, title="Typed", text_path="", text_name="typed text")
    written, page = page_of(files, gone, finding(files, 1, 1), typed)
    assert written.findings == 1
    assert [re.match("“(.*?)”", reason).group(1) for reason in written.left_out] == [  # type: ignore[union-attr]
        "Gone",
        "Typed",
    ]
    assert "Gone" not in page
    with pytest.raises(FindingError, match="its model is gone"):
        page_of(files, gone)
