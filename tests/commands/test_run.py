"""Asking a run from the terminal: what is asked arrives, and the answer is told."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

import rnnviz
from rnnviz.cli import main
from rnnviz.core.runs.directory.config import TrainingConfig, read_run
from rnnviz.core.runs.directory.writer import RunWriter
from tests.core.runs.made import MadeRun, finished_run


@pytest.fixture
def writer(tmp_path: Path) -> Iterator[RunWriter]:
    """A run under way; this process is its trainer."""
    config = TrainingConfig(texts=("novel.txt",), name="novel")
    writer = RunWriter(tmp_path / "run", config, steps=100)
    writer.event("started", step=0, resumed=False)
    writer.event("step", step=7, seconds=65.0, loss_nats=1.2, learning_rate=0.002)
    yield writer
    writer.close("stopped")


def answering(writer: RunWriter, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """While the command waits, the trainer answers."""

    def sleep(seconds: float) -> None:
        for _ in writer.inbox.new():
            writer.event(kind, step=8)

    monkeypatch.setattr("rnnviz.commands.run.time.sleep", sleep)


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        (["pause"], "paused"),
        (["stop"], "stopped"),
        (["sample"], "sample"),
        (["checkpoint"], "checkpoint"),
        (["set", "learning_rate", "0.5"], "changed"),
    ],
)
def test_the_answer_is_told(
    writer: RunWriter,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    kind: str,
) -> None:
    answering(writer, monkeypatch, kind)
    assert main(["run", words[0], str(writer.directory), *words[1:]]) == 0
    assert capsys.readouterr().out == f"{kind} at step 8\n"


def test_a_run_that_ends_meanwhile_is_told(
    writer: RunWriter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(writer, monkeypatch, "finished")
    assert main(["run", "pause", str(writer.directory), "--json"]) == 1
    told = json.loads(capsys.readouterr().out)
    assert told == {"command": "pause", "answer": "finished", "step": 8}


def test_nobody_waits_for_what_is_so_already(
    writer: RunWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "resume", str(writer.directory)]) == 0
    assert main(["run", "pause", str(writer.directory), "--no-wait"]) == 0
    assert capsys.readouterr().out == "the run is running already\nasked\n"
    assert [request.command for request in writer.inbox.new()] == ["pause"]


def test_no_answer_is_told(
    writer: RunWriter, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("rnnviz.commands.run._PATIENCE_SECONDS", 0.0)
    assert main(["run", "pause", str(writer.directory)]) == 1
    assert capsys.readouterr().out == "asked; no answer yet\n"


def test_the_state_is_told(writer: RunWriter, capsys: pytest.CaptureFixture[str]) -> None:
    writer.event("bad_number", step=6, where="gradient", parameter="output.bias")
    assert main(["run", "status", str(writer.directory)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split(None, 1) == ["run", "novel, running"]
    assert lines[1].split(None, 1) == ["step", "7 of 100"]
    assert "1:05" in lines[2]
    assert "At step 6 the gradient of output.bias stopped being a number." in lines[-1]
    assert main(["run", "status", str(writer.directory), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["last_step"]["step"]) == ("running", 7)


def test_what_makes_no_sense_is_refused(
    writer: RunWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "set", str(writer.directory), "units", "3"]) == 1
    assert "cannot be changed while a run goes on" in capsys.readouterr().err
    assert main(["run", "stop", str(writer.directory / "none")]) == 1
    assert "holds no run" in capsys.readouterr().err


def test_a_loop_of_ones_own_has_no_number_of_steps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with rnnviz.Run(tmp_path / "mine") as run:
        run.log(7, loss=1.0)
    assert main(["run", "status", str(tmp_path / "mine")]) == 0
    step = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("step"))
    assert step.split() == ["step", "7"]


def test_only_a_run_that_can_go_on_is_told_how_to_resume_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    finished = finished_run(tmp_path / "done")
    assert main(["run", "pause", str(finished.directory)]) == 1
    assert capsys.readouterr().err.endswith("the run is finished\n")
    stopped = MadeRun(tmp_path / "half")
    stopped.steps(1, 5)
    stopped.event("stopped", step=5)
    assert main(["run", "pause", str(stopped.directory)]) == 1
    assert f"rnnviz train --resume {stopped.directory}" in capsys.readouterr().err


def test_a_run_on_another_machine_is_asked_through_ssh(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "ssh").write_text('#!/bin/sh\nwhile [ $# -gt 1 ]; do shift; done\nexec sh -c "$1"\n')
    (folder / "ssh").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
    made = finished_run(tmp_path / "run")
    assert main(["run", "status", f"me@there:{made.directory}"]) == 0
    assert "200 of 200" in capsys.readouterr().out
    assert main(["run", "status", f"me@there:{tmp_path}"]) == 1
    assert f"me@there: no run lies in {tmp_path}" in capsys.readouterr().err


@pytest.fixture
def sweep(tmp_path: Path) -> Path:
    """Three runs of different settings; the wide one is best."""
    for name, units, rate in (("narrow", 16, 0.01), ("wide", 256, 0.01), ("slow", 256, 0.0001)):
        run = MadeRun(tmp_path / "sweep" / name, units=units, learning_rate=rate)
        run.steps(1, 20)
        run.event("validation", step=20, loss_nats={"narrow": 2.0, "wide": 1.0, "slow": 3.0}[name])
        run.event("finished", step=20)
    return tmp_path / "sweep"


def listed(capsys: pytest.CaptureFixture[str], *words: str) -> list[list[str]]:
    main(["run", "list", *words])
    return [line.split() for line in capsys.readouterr().out.splitlines()]


def test_runs_are_listed_sorted_and_filtered(
    sweep: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    heads, *lines = listed(capsys, str(sweep), "--sort", "best")
    assert " ".join(heads).endswith("Time Units Learning rate")  # what differs, and nothing else
    assert [line[0] for line in lines] == ["wide", "narrow", "slow"]
    assert lines[0][-2:] == ["256", "0.01"]
    _, *lines = listed(
        capsys, str(sweep), "--sort", "rate", "--descending", "--filter", "units=256"
    )
    assert [line[0] for line in lines] == ["wide", "slow"]
    heads, *_ = listed(capsys, str(sweep), "--columns", "clip,layers")
    assert heads[-3:] == ["Time", "Clip", "Layers"]
    main(["run", "list", str(sweep), "--filter", "rate < 1e-3", "--json"])
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["name"], found["best"], found["settings"]["units"]) == ("slow", 3.0, 256)


def test_a_filter_that_means_nothing_and_an_empty_list(
    sweep: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "list", str(sweep), "--filter", "rate <"]) != 0
    assert "a value is missing" in capsys.readouterr().err
    assert main(["run", "list", str(sweep), "--filter", "units = 1"]) == 1
    assert capsys.readouterr().out == "no run of which this is so\n"


def test_a_run_is_renamed(sweep: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "rename", str(sweep / "wide"), "two layers"]) == 0
    assert read_run(sweep / "wide").config["name"] == "two layers"
    assert main(["run", "rename", str(sweep / "wide")]) != 0
    assert "no name is given" in capsys.readouterr().err


def test_a_run_goes_to_the_trash_or_stays(
    sweep: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    moved: list[Path] = []
    monkeypatch.setattr("rnnviz.core.system.trash.send2trash", moved.append)
    assert main(["run", "delete", str(sweep / "wide")]) == 0
    assert moved == [sweep / "wide"]
    assert capsys.readouterr().out == "wide is in the trash\n"

    def none(path: Path) -> None:
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("rnnviz.core.system.trash.send2trash", none)
    assert main(["run", "delete", str(sweep / "slow")]) != 0
    assert "--for-good erases it" in capsys.readouterr().err
    assert (sweep / "slow").exists()
    assert main(["run", "delete", str(sweep / "slow"), "--for-good"]) == 0
    assert not (sweep / "slow").exists()
    assert main(["run", "delete", str(sweep.parent), "--for-good"]) != 0
    assert "holds no run; nothing was deleted" in capsys.readouterr().err


def test_a_run_under_way_is_not_deleted(
    writer: RunWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "delete", str(writer.directory)]) != 0
    assert "rnnviz run stop" in capsys.readouterr().err
    assert writer.directory.exists()


def test_samples_are_printed_or_drawn(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], qapp: object
) -> None:
    run = finished_run(tmp_path / "a").directory
    assert main(["run", "samples", str(run), "--moments", "2"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("At first\nxqz jh\n")
    assert "After 200 steps (held-out loss 0.297 nats)\nthe text at 200" in said
    for ending, begins in (("svg", b"<svg"), ("html", b"<!DOCTYPE"), ("png", b"\x89PNG")):
        to = tmp_path / f"figure.{ending}"
        assert main(["run", "samples", str(run), "-o", str(to)]) == 0
        assert begins in to.read_bytes()[:200]
    capsys.readouterr()
    assert main(["run", "samples", str(run), "--temperature", "3"]) != 0
    assert "there are 0.5, 0.8" in capsys.readouterr().err
    assert main(["run", "samples", str(run), "-o", str(tmp_path / "a.gif")]) != 0
    assert "neither .png nor .svg nor .html" in capsys.readouterr().err
