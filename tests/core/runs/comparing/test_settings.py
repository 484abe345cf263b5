"""What a run was trained with, in words."""

from __future__ import annotations

from pathlib import Path

from rnnviz.core.runs.comparing.settings import differing, settings_in_words, side_by_side
from rnnviz.core.runs.watched import WatchedRun
from tests.core.runs.made import MadeRun


def words_of(run: MadeRun) -> dict[str, str]:
    watched = WatchedRun(run.directory)
    watched.poll()
    return settings_in_words(watched.record)


def test_settings_are_said_as_people_write_them(tmp_path: Path) -> None:
    run = MadeRun(
        tmp_path / "a",
        units=2048,
        learning_rate=3e-5,
        options={"distance": 50},
        temperatures=[0.4, 0.8, 1.2],
        embedding=0,
        steps=0,
        skip=False,
    )
    run.steps(1, 5)
    run.event("changed", step=5, setting="learning_rate", value=0.001)
    run.event("changed", step=5, setting="temperature", value=0.7)
    found = words_of(run)
    assert found["Units"] == "2,048"
    assert found["Learning rate"] == "3·10⁻⁵, now 0.001"
    assert found["Temperatures"] == "0.4, 0.8, 1.2, now 0.7"
    assert (found["Embedding"], found["Steps"], found["Skip"]) == ("one-hot", "by epochs", "no")
    assert (found["Distance"], found["Parameters"]) == ("50", "1,234")
    assert "Name" not in found


def test_a_loop_of_ones_own_claims_no_settings(tmp_path: Path) -> None:
    assert words_of(MadeRun(tmp_path / "a", task="own-loop")) == {}


def test_runs_stand_side_by_side_and_what_differs_on_top(tmp_path: Path) -> None:
    found = [words_of(MadeRun(tmp_path / str(seed), seed=seed)) for seed in (0, 1)]
    rows = side_by_side(found)
    assert rows[0] == ("Seed", "0", "1")
    assert differing(rows) == 1
    assert side_by_side([found[0], {}])[0][2] == "–"
