"""Directories of TensorBoard event files: their scalars, live, by folder, and our own mirror."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.recognise import kind_of
from rnnviz.core.runs.event_files import WatchedEventFiles
from rnnviz.core.runs.tensorboard import ScalarWriter
from rnnviz.core.runs.watched import watch
from tests.core.runs.made import MadeRun


class Clock:
    now = 0.0

    def __call__(self) -> float:
        self.now += 10
        return self.now


def test_scalars_are_followed(tmp_path: Path) -> None:
    writer = ScalarWriter(tmp_path)
    writer.write(1, {"loss": 2.0, "accuracy": 0.5})
    watched = watch(tmp_path, Clock())
    assert isinstance(watched, WatchedEventFiles)
    assert watched.look()
    writer.write(2, {"loss": math.nan})
    assert watched.look()
    assert not watched.look()
    writer.close()
    record = watched.record
    assert record.scalars["loss"].steps.tolist() == [1, 2]
    assert np.isnan(record.scalars["loss"].last)
    assert record.scalars["accuracy"].values.tolist() == [0.5]
    assert (watched.state, watched.name) == ("recorded", tmp_path.name)


def test_folders_below_name_their_scalars(tmp_path: Path) -> None:
    for folder, value in (("train", 1.0), ("held-out", 2.0)):
        writer = ScalarWriter(tmp_path / folder)
        writer.write(5, {"loss": value})
        writer.close()
    watched = WatchedEventFiles(tmp_path, Clock())
    watched.look()
    assert {name: c.last for name, c in watched.record.scalars.items()} == {
        "train/loss": 1.0,
        "held-out/loss": 2.0,
    }


def test_what_our_trainer_mirrors_is_loss_again(tmp_path: Path) -> None:
    writer = ScalarWriter(tmp_path)
    writer.write(1, {"train/loss_nats": 3.0, "train/learning_rate": 0.1})
    writer.write(1, {"validation/loss_nats": 3.5})
    writer.close()
    watched = WatchedEventFiles(tmp_path, Clock())
    watched.look()
    assert watched.record.loss.last == 3.0
    assert watched.record.learning_rate.last == pytest.approx(0.1)
    assert watched.record.validation.last == 3.5


def test_a_run_that_was_taken_up_again_loses_its_later_points(tmp_path: Path) -> None:
    writer = ScalarWriter(tmp_path)
    for step in (1, 2, 3, 4, 2, 3):
        writer.write(step, {"loss": 10.0 + step})
    writer.close()
    watched = WatchedEventFiles(tmp_path, Clock())
    watched.look()
    assert watched.record.scalars["loss"].steps.tolist() == [1, 2, 3]


def test_a_damaged_file_is_told_and_the_others_are_read(tmp_path: Path) -> None:
    writer = ScalarWriter(tmp_path / "good")
    writer.write(1, {"loss": 1.0})
    writer.close()
    (tmp_path / "bad.tfevents.0").write_bytes(b"rubbish" * 10)
    watched = WatchedEventFiles(tmp_path, Clock())
    watched.look()
    assert "damaged" in watched.problem
    assert watched.record.scalars["good/loss"].last == 1.0


def test_they_are_recognised_and_a_run_of_ours_goes_first(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="neither"):
        WatchedEventFiles(tmp_path)
    run = MadeRun(tmp_path / "run")
    ScalarWriter(run.directory / "tb").close()
    assert kind_of(run.directory) == "run"
    assert kind_of(run.directory / "run.json") == "run"
    assert kind_of(run.directory / "tb") == "run"
    assert kind_of(next((run.directory / "tb").iterdir())) == "run"
    assert not isinstance(watch(run.directory, Clock()), WatchedEventFiles)
