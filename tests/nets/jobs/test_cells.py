"""Every task of the engine, on a real model: JSON-able arguments in, a JSON-able result out."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnviz.core.errors import VocabularyNeeded
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.scoring import read_ranking
from rnnviz.core.scoring.probe import read_probe
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.jobs import warm_models
from rnnviz.nets.jobs.table import TASKS
from rnnviz.nets.language.model import CharacterLanguageModel
from rnnviz.work.messages import Done, Failed, Job, Progress, Reply
from tests.late_runner import LateRunner
from tests.nets.small import small_model

TEXT = 'a "cold bed"\nhello "a cab" hello\nhe held a "bell" "hello"\na bold lead\n' * 8
QUOTES = {"kind": "built-in", "name": "inside-quotes"}


class Heard:
    """Keeps what a task tells of its progress."""

    def __init__(self) -> None:
        self.told: list[tuple[float, float, dict[str, Any]]] = []

    def progress(self, done: float, total: float, **facts: Any) -> None:
        json.dumps(facts)
        self.told.append((done, total, facts))


def ask(task: str, heard: Heard | None = None, **arguments: Any) -> dict[str, Any]:
    """Run a task as if its arguments and its result had crossed the pipe."""
    result = TASKS[task](json.loads(json.dumps(arguments)), heard or Heard())
    return dict(json.loads(json.dumps(result)))


@pytest.fixture
def model(tmp_path: Path, tiny_model: CharacterLanguageModel) -> str:
    path = tmp_path / "tiny.safetensors"
    save_model(path, tiny_model)
    return str(path)


@pytest.fixture
def folder(tmp_path: Path, model: str) -> str:
    """The folder of a recording of `TEXT` with the states of both layers."""
    folder = str(tmp_path / "recording")
    channels = ["hidden", "cell"]
    ask("walk", model=model, text=TEXT, text_name="t", folder=folder, channels=channels)
    return folder


def test_opening_tells_what_the_window_needs(
    model: str, tiny_model: CharacterLanguageModel
) -> None:
    opened = ask("open_model", path=model)
    assert opened["description"]["vocabulary"] == list(tiny_model.description.vocabulary)
    assert opened["parameters"] == sum(part.numel() for part in tiny_model.parameters())
    assert opened["channels"] == ["hidden", "cell", "input", "forget", "output", "candidate"]


def test_a_model_stays_warm_until_its_file_changes(model: str) -> None:
    first = warm_models.warm_model(model, {})
    assert warm_models.warm_model(model, {}) is first
    save_model(Path(model), small_model("gru"))
    os.utime(model, ns=(1, 1))
    assert ask("open_model", path=model)["description"]["architecture"] == "gru"


def test_a_model_whose_file_is_gone_is_still_at_hand(tmp_path: Path, model: str) -> None:
    ask("open_model", path=model)
    Path(model).unlink()
    folder = str(tmp_path / "recording")
    walked = ask("walk", model=model, text=TEXT, folder=folder, channels=["cell"])
    assert walked["characters"] == len(TEXT)


def test_only_a_few_models_stay_warm(tmp_path: Path) -> None:
    for place in range(5):
        path = tmp_path / f"{place}.safetensors"
        save_model(path, small_model())
        ask("open_model", path=str(path))
    assert len(warm_models._opened) == 3
    assert [Path(path).stem for path, *_ in warm_models._opened] == ["2", "3", "4"]


def test_a_walk_of_a_file_and_of_its_text_are_the_same(
    tmp_path: Path, model: str, folder: str
) -> None:
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    other, heard = str(tmp_path / "other"), Heard()
    result = ask("walk", heard, model=model, text_path=str(path), folder=other, channels=["hidden"])
    assert result == {"folder": other, "characters": len(TEXT)}
    assert heard.told[-1] == (len(TEXT), len(TEXT), {"walked": len(TEXT)})
    one, two = Recording(Path(folder)), Recording(Path(other))
    assert np.array_equal(one.rows("hidden"), two.rows("hidden"))
    assert two.description.text_path == str(path)
    assert two.description.model_path == model


def test_labels_and_rankings_are_written_beside_the_recording(folder: str) -> None:
    labels = np.load(ask("label", folder=folder, concept=QUOTES)["path"])
    assert labels.dtype == np.bool_
    assert "".join(c for c, inside in zip(TEXT, labels, strict=True) if inside)[:9] == '"cold bed'
    ranking = read_ranking(Path(ask("rank", folder=folder, concept=QUOTES)["path"]))
    assert len(ranking.scores) == 2 * 16
    assert ranking.base_rate == pytest.approx(labels.mean(), abs=0.05)
    heard = Heard()
    probe = read_probe(Path(ask("probe", heard, folder=folder, concept=QUOTES)["path"]))
    assert probe.concept == "inside-quotes"
    assert heard.told, "a probe that tells nothing cannot be cancelled"


def test_labels_made_anew_leave_those_in_use_alone(folder: str) -> None:
    concept = {"kind": "regular-expression", "name": "mine", "pattern": "a"}
    old = np.load(ask("label", folder=folder, concept=concept)["path"], mmap_mode="r")
    before = old.tolist()
    new = np.load(ask("label", folder=folder, concept={**concept, "pattern": "."})["path"])
    assert old.tolist() == before
    assert new.sum() > sum(before)


def test_a_number_a_character_stays_a_number(folder: str) -> None:
    concept = {"kind": "built-in", "name": "position-in-line"}
    labels = np.load(ask("label", folder=folder, concept=concept)["path"])
    assert labels.dtype == np.float32
    assert labels[:3].tolist() == [0, 1, 2]


@pytest.mark.parametrize("name", ["../outside", "a/b", "a" * 500, "é?*"])
def test_files_of_any_concept_stay_with_the_recording(folder: str, name: str) -> None:
    concept = {"kind": "regular-expression", "name": name, "pattern": "a"}
    assert Path(ask("label", folder=folder, concept=concept)["path"]).parent == Path(folder)


def test_pages_patterns_orders_and_matches(folder: str) -> None:
    page = ask("unit_page", folder=folder, channel="cell", unit=3)
    assert page["highest"]
    found = ask("pattern", folder=folder, channel="hidden", start=3, stop=6)
    assert set(found) == {"units", "matches"}
    order = ask("order", folder=folder, channel="hidden", start=0, stop=50)["order"]
    assert sorted(order) == list(range(16))
    matches = ask("find", folder=folder, pattern="h[a-z]*o", regular=True)["matches"]
    assert matches[0] == [13, 18]


def test_a_sample_tells_itself_while_it_is_drawn(model: str) -> None:
    heard = Heard()
    drawn = ask("sample", heard, model=model, length=12, start="he", seed=4)["text"]
    assert len(drawn) == 12
    assert [facts["text"] for _, _, facts in heard.told] == [drawn[:n] for n in range(1, 13)]
    assert ask("sample", model=model, length=12, start="he", seed=4)["text"] == drawn


def test_a_network_without_characters_is_guessed_and_opened(
    tmp_path: Path, tiny_model: CharacterLanguageModel
) -> None:
    import torch

    path, source = tmp_path / "weights.pt", tmp_path / "source.txt"
    named = {
        f"rnn.{key.split('.', 2)[2].replace('_l0', '_l' + key.split('.')[1])}": value
        for key, value in tiny_model.state_dict().items()
        if key.startswith("layers.")
    }
    rest = {k: v for k, v in tiny_model.state_dict().items() if not k.startswith("layers.")}
    torch.save({**named, **rest}, path)
    source.write_text(TEXT)
    with pytest.raises(VocabularyNeeded):
        ask("open_model", path=str(path))
    guesses = ask("guess_vocabulary", path=str(path), source=str(source))["candidates"]
    vocabulary = guesses[0]["characters"]
    opened = ask("open_model", path=str(path), vocabulary=vocabulary)
    assert opened["description"]["vocabulary"] == vocabulary
    assert opened["vocabulary"] == vocabulary


def test_two_walks_of_one_folder_take_turns_and_the_second_goes_on(
    tmp_path: Path, model: str
) -> None:
    runner, heard = LateRunner(TASKS, heeds=True), list[Reply]()
    arguments = {
        "model": model,
        "vocabulary": None,
        "text": "abcab " * 2000,
        "text_name": "text",
        "folder": str(tmp_path / "walk"),
        "channels": ("hidden",),
    }
    for number in (1, 2):
        runner.start(Job(number, "walk", arguments), heard.append)
    for _ in range(3):
        runner.step(1)
    growing = Recording(tmp_path / "walk")
    first = growing.walked
    assert 0 < first < growing.length
    runner.step(2)
    watched = heard[-1]
    assert isinstance(watched, Progress)
    assert watched.number == 2
    assert first <= watched.facts["walked"] < growing.length, "it watches the first"
    runner.cancel(1)
    runner.finish(1)
    assert isinstance(heard[-1], Failed)
    assert heard[-1].kind == "Cancelled"
    left = growing.walked
    runner.finish()
    assert isinstance(heard[-1], Done)
    told = [r.facts["walked"] for r in heard if isinstance(r, Progress) and r.number == 2]
    assert min(told[1:]) >= left, "it does not begin anew"
    assert growing.complete
    runner.close()
