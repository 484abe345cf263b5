"""Some events in the real window; `make events` does 20,000, `make soak` watches for an hour."""

import json
from pathlib import Path

import pytest

from tests.harness.events import Fault, Windows, growth
from tests.harness.soak import slopes, soak

EVENTS = 80
SOAK_SECONDS = 6.0
FREEZE_SECONDS = 1.0
"""Beside other tests on a busy machine everything is slower, also by the processor's time."""


@pytest.fixture(scope="module")
def windows(tmp_path_factory: pytest.TempPathFactory) -> Windows:
    """Windows that share a home, as those of `make events` do."""
    made = Windows(tmp_path_factory.mktemp("windows") / "w", FREEZE_SECONDS)
    made.prepare(0)
    return made


def told(faults: list[Fault]) -> str:
    return "\n".join(f"event {one.event}: {one.kind}: {one.words}\n{one.details}" for one in faults)


@pytest.mark.timeout(300, func_only=True)
def test_random_events_bring_no_fault(windows: Windows) -> None:
    lived = windows.live("short", "--events", str(EVENTS))
    assert not lived.faults, told(lived.faults)
    assert lived.events >= EVENTS, "and the window was closed after them"


@pytest.mark.timeout(300, func_only=True)
def test_a_window_closes_over_a_form(windows: Windows) -> None:
    """`make events` closes it in the midst of everything else, too."""
    lived = windows.close("closed", "a training's form")
    assert not lived.faults, told(lived.faults)


@pytest.mark.timeout(300, func_only=True)
def test_watching_holds_no_more_and_more(windows: Windows) -> None:
    said, wrong = soak(windows, "soak", SOAK_SECONDS)
    # So short a time says nothing of slopes, while rooms are still made; `make soak` does.
    wrong = [words for words in wrong if not words.startswith("grows: ")]
    assert not wrong, "\n".join(wrong)
    assert len(said) == 6


@pytest.mark.timeout(300, func_only=True)
def test_the_harness_sees_what_it_looks_for(windows: Windows, tmp_path: Path) -> None:
    """From a trail, which is played: exceptions, warnings, standing still, and a crash."""
    codes = (
        "raise KeyError('planted')",
        "import threading\nthreading.Thread(target=lambda: 1 / 0).start()",
        "from PySide6.QtCore import qWarning\nqWarning('planted')",
        "import warnings\nwarnings.warn('planted', RuntimeWarning)",
        "import time\nend = time.thread_time() + 2.5\nwhile time.thread_time() < end: pass",
        "import os\nos.abort()",
    )
    trail = tmp_path / "trail"
    event = {"in": "window", "do": "defect", "wait": 50, "answer": ""}
    trail.write_text("".join(json.dumps(event | {"code": code}) + "\n" for code in codes))
    lived = windows.live("planted", "--trail", str(trail))
    assert lived.events == len(codes), "the last line of the trail is what ended the process"
    kinds = [one.kind for one in lived.faults]
    assert sorted(set(kinds)) == ["Qt warning", "crash", "exception", "freeze", "warning"]
    assert kinds.count("exception") == 2
    freeze = next(one for one in lived.faults if one.kind == "freeze")
    assert "random_events.py" in freeze.details, "its stack was kept"


def test_growth_is_told_from_what_is_level() -> None:
    level = [[n * 200, n, 200e6 + 1e5 * (n % 3), 40, 12, 900, 0] for n in range(50)]
    grows = [[n * 200, n, 200e6 + 6e6 * n, 40 + n, 12 + n, 900 + 9 * n, 0] for n in range(50)]
    warming = [[n * 200, n, 200e6 + 9e6 * min(n, 15), 40, 12, 900, 0] for n in range(50)]
    assert growth(level) == growth(warming) == 0.0
    assert growth(grows) == pytest.approx(3e4)
    assert all(one.level for one in slopes(level))
    assert not any(one.level for one in slopes(grows))
