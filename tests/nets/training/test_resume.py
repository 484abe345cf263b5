"""A run that ended, however, goes on as if nothing had been."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.runs.directory.control import ask
from rnnviz.core.runs.directory.log import read_events, read_lines
from rnnviz.core.runs.watched import WatchedRun
from rnnviz.nets.training.loop import train
from rnnviz.nets.training.progress import Progress
from rnnviz.nets.training.state import BEFORE, STATE
from rnnviz.nets.training_tasks.characters import CharacterTask
from tests.harness import kills
from tests.harness.killed_run import TEXT
from tests.nets.small import random_text
from tests.nets.training.small_runs import settings, stopping_after


@pytest.fixture(autouse=True)
def _short_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnnviz.nets.training_tasks.characters.CharacterTask.sampled", 5)


@pytest.fixture(scope="module")
def trainer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[kills.Trainer]:
    """One process for all runs that are killed: to load torch takes longer than their steps."""
    with kills.Trainer(tmp_path_factory.mktemp("trainer") / "complaints") as made:
        yield made


def trained(
    config: TrainingConfig, directory: Path, text: str = TEXT, **named: Any
) -> dict[str, torch.Tensor]:
    """The weights after this training."""
    task = CharacterTask(config, text)
    train(task, config, directory, **named)
    return task.model.state_dict()


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(tensor, other[name]) for name, tensor in one.items())


def said(directory: Path, kind: str = "step") -> list[dict[str, Any]]:
    """The events that hold, without what depends on the clock."""
    return [
        {key: value for key, value in event.items() if key not in ("seq", "t", "seconds")}
        for event in read_events(directory, kind)
    ]


@pytest.mark.parametrize(
    ("name", "most", "least"),
    [
        ("characters", 5, 2),
        ("memory", 3, 1),
        ("translation", 3, 1),
        ("classification", 3, 1),
        ("tagging", 3, 1),
        ("numbers", 3, 1),
        ("words", 3, 1),
    ],
)
def test_a_run_killed_at_random_moments_ends_like_the_undisturbed_one(
    tmp_path: Path, trainer: kills.Trainer, name: str, most: int, least: int
) -> None:
    """`make kills` does this two hundred times, over every task and precision."""
    whole = kills.undisturbed(name, tmp_path / "undisturbed")
    found = trainer.kill(name, whole, tmp_path / "killed", most, seed=3)
    assert not found.differences
    assert found.kills >= least
    assert found.places >= least - 1


@pytest.mark.parametrize("optimiser", ["adam", "adamw", "rmsprop", "sgd"])
@pytest.mark.parametrize(
    ("architecture", "precision"), [("lstm", "bfloat16"), ("lstm", "float32"), ("gru", "float32")]
)
def test_a_stopped_run_goes_on_bit_for_bit(
    tmp_path: Path, optimiser: str, architecture: str, precision: str
) -> None:
    config = settings(
        optimiser=optimiser, architecture=architecture, precision=precision, dropout=0.2, epochs=1.5
    )
    text = random_text(400)
    expected = trained(config, tmp_path / "one", text)
    trained(config, tmp_path / "two", text, **stopping_after(5))
    assert [event["step"] for event in said(tmp_path / "two", "stopped")] == [5]
    assert same(trained(config, tmp_path / "two", text, resume=True), expected)
    assert said(tmp_path / "one") == said(tmp_path / "two")


def test_what_was_changed_stays_changed(tmp_path: Path) -> None:
    def change(progress: Progress) -> None:
        if progress.step == 3:
            ask(tmp_path, "set", "learning_rate", 0.5)
            ask(tmp_path, "set", "clip_threshold", 0.125)
            ask(tmp_path, "stop")

    config = settings(schedule="constant", learning_rate=0.01)
    trained(config, tmp_path, report=change)
    assert [(e["setting"], e["value"]) for e in said(tmp_path, "changed")] == [
        ("learning_rate", 0.5),
        ("clip_threshold", 0.125),
    ]
    trained(config, tmp_path, resume=True, **stopping_after(2))
    assert [event["learning_rate"] for event in said(tmp_path)][2:] == [0.01, 0.5, 0.5]
    assert all(event["clipped_norm"] <= 0.125 for event in said(tmp_path)[3:])


def test_steps_after_the_last_state_are_taken_back(tmp_path: Path) -> None:
    config = settings(checkpoint_every=4)
    trained(config, tmp_path, **stopping_after(4))
    log = tmp_path / "events.jsonl"
    number = len(log.read_text().splitlines())
    with log.open("a") as file:
        file.write(f'{{"seq":{number},"t":1.0,"k":"step","step":5,"loss_nats":9.0}}\n{{"seq":')
    trained(config, tmp_path, resume=True, **stopping_after(1))
    assert [event["step"] for event in said(tmp_path)] == [1, 2, 3, 4, 5]
    assert said(tmp_path)[-1]["loss_nats"] != 9.0
    kinds = [line["k"] for line in read_lines(log)][number:]
    assert kinds[:3] == ["step", "rewind", "started"]


def test_a_state_cut_in_half_gives_way_to_the_one_before(tmp_path: Path) -> None:
    config = settings(checkpoint_every=2)
    expected = trained(config, tmp_path / "whole")
    trained(config, tmp_path / "cut", **stopping_after(5))
    state = tmp_path / "cut" / "checkpoints" / STATE
    state.write_bytes(state.read_bytes()[: state.stat().st_size // 2])
    assert same(trained(config, tmp_path / "cut", resume=True), expected)
    assert [event["step"] for event in read_events(tmp_path / "cut", "rewind")] == [4]
    assert said(tmp_path / "cut") == said(tmp_path / "whole")

    for name in (STATE, BEFORE):
        (tmp_path / "cut" / "checkpoints" / name).write_bytes(b"cut")
    with pytest.raises(RunDirectoryError, match=r"state.safetensors is damaged.*--start-from"):
        trained(config, tmp_path / "cut", resume=True)


def test_a_finished_run_stays_finished(tmp_path: Path) -> None:
    config = settings()
    expected = trained(config, tmp_path)
    events = (tmp_path / "events.jsonl").read_bytes()
    assert same(trained(config, tmp_path, resume=True), expected)
    assert (tmp_path / "events.jsonl").read_bytes() == events
    assert (tmp_path / "heartbeat").read_text() == "finished"


def test_a_run_killed_before_its_last_word_says_it_once(tmp_path: Path) -> None:
    config = settings()
    expected, log = trained(config, tmp_path), tmp_path / "events.jsonl"
    lines = log.read_bytes().splitlines(keepends=True)
    assert b'"finished"' in lines[-1]
    log.write_bytes(b"".join(lines[:-1]))
    assert same(trained(config, tmp_path, resume=True), expected)
    kinds = [event["k"] for event in read_events(tmp_path)]
    whole = [event["k"] for event in map(json.loads, lines)]
    assert kinds == [*whole[:-1], "started", "finished"]


def test_a_run_killed_between_its_first_model_and_its_first_state_begins_anew(
    tmp_path: Path,
) -> None:
    config = settings()
    expected = trained(config, tmp_path / "whole")
    early = tmp_path / "early"
    trained(config, early, **stopping_after(1))
    for name in (STATE, BEFORE):
        (early / "checkpoints" / name).unlink(missing_ok=True)
    lines = (early / "events.jsonl").read_bytes().splitlines(keepends=True)
    first = next(place for place, line in enumerate(lines) if b'"checkpoint"' in line)
    (early / "events.jsonl").write_bytes(b"".join(lines[: first + 1]))
    half = early / "checkpoints" / ".step-00000000.safetensors.99-1.part"
    half.write_bytes(b"half")
    (early / "arrays").mkdir(exist_ok=True)
    (early / "arrays" / ".a.f32.99-1.part").write_bytes(b"half")
    assert same(trained(config, early, resume=True), expected)
    assert said(early, "sample") == said(tmp_path / "whole", "sample")
    assert not list(early.rglob("*.part"))


def test_what_was_said_at_the_step_of_the_last_state_is_not_said_twice(tmp_path: Path) -> None:
    """A pause at the last step keeps a state there; the kill comes after the last sample."""

    def pause(progress: Progress) -> None:
        if progress.step == progress.steps:
            ask(tmp_path / "paused", "checkpoint")

    config = settings()
    trained(config, tmp_path / "whole")
    trained(config, tmp_path / "paused", report=pause)
    folder = tmp_path / "paused" / "checkpoints"
    (folder / BEFORE).replace(folder / STATE)  # the one that the request brought
    log = tmp_path / "paused" / "events.jsonl"
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:-2]))
    trained(config, tmp_path / "paused", resume=True)
    for kind in ("sample", "validation", "finished"):
        assert said(tmp_path / "paused", kind) == said(tmp_path / "whole", kind)
    watched = WatchedRun(tmp_path / "paused")
    watched.poll()
    samples = [(sample.step, sample.text) for sample in watched.record.samples]
    assert samples == [
        (event["step"], event["text"]) for event in said(tmp_path / "whole", "sample")
    ]
    assert len(watched.record.validation) == len(said(tmp_path / "whole", "validation"))


def test_a_text_whose_characters_changed_places_is_another_text(tmp_path: Path) -> None:
    """Every letter became another one: the numbers of the characters are the same."""
    config = settings()
    text = TEXT.replace("\x7f", "a")
    turned = text.translate({ord("a"): "b", ord("b"): "a"})
    other = "".join(chr(ord(character) + 1) for character in text)
    trained(config, tmp_path, text, **stopping_after(2))
    for changed in (turned, other):
        with pytest.raises(RunDirectoryError, match=r"training data of .* has changed"):
            trained(config, tmp_path, changed, resume=True)
    trained(config, tmp_path, text, resume=True, **stopping_after(1))


def test_a_run_that_cannot_go_on_says_why(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="holds no run"):
        trained(settings(), tmp_path / "none", resume=True)
    trained(settings(), tmp_path, **stopping_after(2))
    with pytest.raises(RunDirectoryError, match=r"training data of .* has changed"):
        trained(settings(), tmp_path, TEXT + "!", resume=True)
    for name in (STATE, BEFORE):
        (tmp_path / "checkpoints" / name).unlink()
    with pytest.raises(RunDirectoryError, match=r"holds models but no state.*earlier version"):
        trained(settings(), tmp_path, resume=True)
    assert not (tmp_path / "lock").exists()
