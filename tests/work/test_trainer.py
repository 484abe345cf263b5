"""A trainer is a process of its own, started with the settings of a form."""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from rnnviz.commands import run as run_command
from rnnviz.commands import train as train_command
from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.directory.config import TrainingConfig, absolute
from rnnviz.core.runs.directory.log import read_events
from rnnviz.work.trainer import (
    has_ended,
    last_words,
    resume_run,
    start_run,
    train_arguments,
)


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"units": 64, "learning_rate": 1e-4, "skip": True, "name": "two words"},
        {"task": "memory", "temperatures": (0.5,), "options": {"distance": 30, "kind": "copying"}},
        {"task": "translation", "options": {"attention": "dot", "swap": True, "watch": ""}},
    ],
)
def test_the_arguments_give_the_same_settings_again(changed: dict[str, Any]) -> None:
    texts = (absolute("a b.txt"), absolute("c.txt"))
    config = TrainingConfig(texts=texts, **({"name": "a b"} | changed))
    parser = argparse.ArgumentParser()
    train_command.configure(parser)
    arguments = parser.parse_args(train_arguments(config, Path("here"))[1:])
    assert train_command._config(arguments) == config
    assert arguments.run == Path("here")


def wait_for_end(process: int) -> None:
    deadline = time.monotonic() + 60
    while not has_ended(process):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def told(*words: str) -> int:
    parser = argparse.ArgumentParser()
    run_command.configure(parser)
    return run_command.run(parser.parse_args(words))


def test_a_run_is_started_asked_and_continued(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text, run = tmp_path / "text.txt", tmp_path / "run"
    text.write_text("hello world. " * 400)
    config = TrainingConfig(
        texts=(str(text),), layers=1, units=8, batch=4, sequence_length=16, steps=100_000, name="x"
    )
    process = start_run(config, run)
    deadline = time.monotonic() + 60
    while not (run / "events.jsonl").exists():
        assert time.monotonic() < deadline, last_words(run)
        time.sleep(0.02)
    for words in (["pause"], ["resume"], ["set", "learning_rate", "0.25"], ["stop"]):
        assert told(words[0], str(run), *words[1:]) == 0
    wait_for_end(process)
    said = capsys.readouterr().out.splitlines()
    assert [line.split(" at step ")[0] for line in said] == [
        "paused",
        "resumed",
        "changed",
        "stopped",
    ]
    assert last_words(run) == f"continue with: rnnviz train --resume {run}"
    with pytest.raises(RunDirectoryError, match=r"nobody trains .*: the run is stopped"):
        told("pause", str(run))
    assert told("status", str(run)) == 0
    assert "x, stopped" in capsys.readouterr().out
    with pytest.raises(RunDirectoryError, match="already holds a run"):
        start_run(config, run)

    again = resume_run(run)
    while not any(event["resumed"] for event in read_events(run, "started")):
        assert not has_ended(again), last_words(run)
        time.sleep(0.02)
    assert told("stop", str(run)) == 0
    wait_for_end(again)


def test_a_run_that_cannot_start_leaves_word(tmp_path: Path) -> None:
    config = TrainingConfig(texts=(str(tmp_path / "none.txt"),))
    wait_for_end(start_run(config, tmp_path / "run"))
    assert "cannot read" in last_words(tmp_path / "run")
    assert last_words(tmp_path) == ""


def test_a_trainer_whose_disk_is_full_need_not_say_so_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "trainer.log").touch()
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=100))
    assert last_words(tmp_path).startswith(f"the disk of {tmp_path} is full")
    (tmp_path / "trainer.log").write_text("its own words\n")
    assert last_words(tmp_path) == "its own words"


def test_what_was_deleted_is_not_gone_on_with_and_not_made_anew(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match=r"no run lies in .* any more"):
        resume_run(tmp_path / "deleted")
    assert not (tmp_path / "deleted").exists()
