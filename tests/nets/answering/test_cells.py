"""Every task of the engine, on a real model: JSON-able arguments in, a JSON-able result out."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from rnnviz.core.concepts.custom import BuiltIn, RegularExpression
from rnnviz.core.errors import ModelFileError, VocabularyNeeded
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.scoring import read_ranking
from rnnviz.core.scoring.probe import read_probe
from rnnviz.nets.answering.shared import warm_models
from rnnviz.nets.answering.table import TASKS
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.language.model import LanguageModel
from rnnviz.work.jobs.cells import (
    Find,
    FindPattern,
    FitProbe,
    Label,
    OrderUnits,
    Rank,
    ReadUnitPage,
    Sample,
    Walk,
    WalkCheckpoint,
    Walked,
)
from rnnviz.work.jobs.given import ModelGiven, TextGiven
from rnnviz.work.jobs.models import GuessVocabulary, OpenModel
from rnnviz.work.messages import Done, Failed, Job, Progress, Reply, Request
from tests.asking import Heard
from tests.asking import ask as ask_of
from tests.late_runner import LateRunner
from tests.nets.small import small_model

TEXT = 'a "cold bed"\nhello "a cab" hello\nhe held a "bell" "hello"\na bold lead\n' * 8
A = TypeVar("A")
QUOTES = BuiltIn(name="inside-quotes")


def ask(request: Request[Any, A], heard: Heard | None = None) -> A:
    """The answer, as if it had crossed the pipe."""
    return ask_of(TASKS, request, heard)


def walked(model: str, folder: str | Path, *channels: str, text: TextGiven | None = None) -> Walk:
    """A walk of `TEXT`, or of another text."""
    return Walk(
        model=ModelGiven(model),
        text=text or TextGiven(text=TEXT, name="t"),
        folder=str(folder),
        channels=channels,
    )


@pytest.fixture
def model(tmp_path: Path, tiny_model: LanguageModel) -> str:
    path = tmp_path / "tiny.safetensors"
    save_model(path, tiny_model)
    return str(path)


@pytest.fixture
def folder(tmp_path: Path, model: str) -> str:
    """The folder of a recording of `TEXT` with the states of both layers."""
    folder = str(tmp_path / "recording")
    ask(walked(model, folder, "hidden", "cell"))
    return folder


def test_opening_tells_what_the_window_needs(model: str, tiny_model: LanguageModel) -> None:
    opened = ask(OpenModel(model=ModelGiven(model)))
    assert opened.description["vocabulary"] == list(tiny_model.symbols)
    assert opened.parameters == sum(part.numel() for part in tiny_model.parameters())
    assert opened.channels == ("hidden", "cell", "input", "forget", "output", "candidate")


def test_a_model_stays_warm_until_its_file_changes(model: str) -> None:
    first = warm_models.warm_model(ModelGiven(model))
    assert warm_models.warm_model(ModelGiven(model)) is first
    save_model(Path(model), small_model("gru"))
    os.utime(model, ns=(1, 1))
    assert ask(OpenModel(model=ModelGiven(model))).description["architecture"] == "gru"


def test_what_is_shown_is_asked_of_the_weights_that_are_shown(model: str) -> None:
    shown = ask(OpenModel(model=ModelGiven(model)))
    named = ModelGiven(model, digest=shown.digest)
    before = warm_models.warm_model(named)
    save_model(Path(model), small_model("gru"))
    os.utime(model, ns=(1, 1))
    assert warm_models.warm_model(named) is before, "though a training has replaced the file"
    assert ask(OpenModel(model=ModelGiven(model))).digest != shown.digest
    assert warm_models.warm_model(named) is before
    warm_models._opened.clear()
    with pytest.raises(ModelFileError, match="replaced since; open it again"):
        warm_models.warm_model(named)


def test_a_model_whose_file_is_gone_is_still_at_hand(tmp_path: Path, model: str) -> None:
    ask(OpenModel(model=ModelGiven(model)))
    Path(model).unlink()
    assert ask(walked(model, tmp_path / "recording", "cell")).characters == len(TEXT)


def test_only_a_few_models_stay_warm(tmp_path: Path) -> None:
    for place in range(5):
        path = tmp_path / f"{place}.safetensors"
        save_model(path, small_model())
        ask(OpenModel(model=ModelGiven(str(path))))
    assert len(warm_models._opened) == 3
    assert [Path(path).stem for path, *_ in warm_models._opened] == ["2", "3", "4"]


def test_a_walk_of_a_file_and_of_its_text_are_the_same(
    tmp_path: Path, model: str, folder: str
) -> None:
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    other, heard = str(tmp_path / "other"), Heard()
    walk = walked(model, other, "hidden", text=TextGiven(str(path)))
    assert ask(walk, heard) == Walked(len(TEXT))
    assert heard.told[-1] == (len(TEXT), len(TEXT), Walked(len(TEXT)))
    one, two = Recording(Path(folder)), Recording(Path(other))
    assert np.array_equal(one.rows("hidden"), two.rows("hidden"))
    assert two.description.text_path == str(path)
    assert two.description.model_path == model


def test_labels_and_rankings_are_written_beside_the_recording(folder: str) -> None:
    labels = np.load(ask(Label(folder=folder, concept=QUOTES)).path)
    assert labels.dtype == np.bool_
    assert "".join(c for c, inside in zip(TEXT, labels, strict=True) if inside)[:9] == '"cold bed'
    ranking = read_ranking(Path(ask(Rank(folder=folder, concept=QUOTES)).path))
    assert len(ranking.scores) == 2 * 16
    assert ranking.base_rate == pytest.approx(labels.mean(), abs=0.05)
    heard = Heard()
    probe = read_probe(Path(ask(FitProbe(folder=folder, concept=QUOTES), heard).path))
    assert probe.concept == "inside-quotes"
    assert heard.told, "a probe that tells nothing cannot be cancelled"


def test_labels_made_anew_leave_those_in_use_alone(folder: str) -> None:
    concept = RegularExpression(name="mine", pattern="a")
    old = np.load(ask(Label(folder=folder, concept=concept)).path, mmap_mode="r")
    before = old.tolist()
    new = np.load(
        ask(Label(folder=folder, concept=RegularExpression(name="mine", pattern="."))).path
    )
    assert old.tolist() == before
    assert new.sum() > sum(before)


def test_a_number_a_character_stays_a_number(folder: str) -> None:
    concept = BuiltIn(name="position-in-line")
    labels = np.load(ask(Label(folder=folder, concept=concept)).path)
    assert labels.dtype == np.float32
    assert labels[:3].tolist() == [0, 1, 2]


@pytest.mark.parametrize("name", ["../outside", "a/b", "a" * 500, "é?*"])
def test_files_of_any_concept_stay_with_the_recording(folder: str, name: str) -> None:
    concept = RegularExpression(name=name, pattern="a")
    assert Path(ask(Label(folder=folder, concept=concept)).path).parent == Path(folder)


def test_pages_patterns_orders_and_matches(folder: str) -> None:
    assert ask(ReadUnitPage(folder=folder, channel="cell", unit=3)).highest
    found = ask(FindPattern(folder=folder, channel="hidden", start=3, stop=6))
    assert all(unit.share == 1 for unit in found.units)
    order = ask(OrderUnits(folder=folder, channel="hidden", start=0, stop=50)).units
    assert sorted(order) == list(range(16))
    matches = ask(Find(folder=folder, pattern="h[a-z]*o", regular=True)).spans
    assert matches[0] == (13, 18)


def test_a_sample_tells_itself_while_it_is_drawn(model: str) -> None:
    heard = Heard()
    sample = Sample(model=ModelGiven(model), length=12, start="he", seed=4)
    drawn = ask(sample, heard).text
    assert len(drawn) == 12
    assert [facts.text for _, _, facts in heard.told] == [drawn[:n] for n in range(1, 13)]
    assert ask(sample).text == drawn


def test_a_network_without_characters_is_guessed_and_opened(
    tmp_path: Path, tiny_model: LanguageModel
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
        ask(OpenModel(model=ModelGiven(str(path))))
    guess = ask(GuessVocabulary(path=str(path), source=str(source)))
    vocabulary = guess.candidates[0].characters
    opened = ask(OpenModel(model=ModelGiven(str(path), vocabulary)))
    assert opened.description["vocabulary"] == list(vocabulary)
    assert opened.vocabulary == vocabulary


def test_two_walks_of_one_folder_take_turns_and_the_second_goes_on(
    tmp_path: Path, model: str
) -> None:
    runner, heard = LateRunner(TASKS, heeds=True), list[Reply]()
    walk = walked(model, tmp_path / "walk", "hidden", text=TextGiven(text="abcab " * 2000))
    for number in (1, 2):
        runner.start(Job(number, walk), heard.append)
    for _ in range(3):
        runner.step(1)
    growing = Recording(tmp_path / "walk")
    first = growing.walked
    assert 0 < first < growing.length
    runner.step(2)
    watched = heard[-1]
    assert isinstance(watched, Progress)
    assert watched.number == 2
    assert first <= watched.facts.characters < growing.length, "it watches the first"
    runner.cancel(1)
    runner.finish(1)
    assert isinstance(heard[-1], Failed)
    assert heard[-1].failure.kind == "Cancelled"
    left = growing.walked
    runner.finish()
    assert isinstance(heard[-1], Done)
    told = [r.facts.characters for r in heard if isinstance(r, Progress) and r.number == 2]
    assert min(told[1:]) >= left, "it does not begin anew"
    assert growing.complete
    runner.close()


def test_what_a_walk_of_a_checkpoint_tells_on_the_way_crosses_the_pipe(
    tmp_path: Path, model: str
) -> None:
    heard = Heard()
    walk = WalkCheckpoint(
        model=ModelGiven(model),
        text=TextGiven(text=TEXT, name="t"),
        folder=str(tmp_path / "recording"),
        most_bytes=1 << 20,
        least=20,
        most=len(TEXT),
    )
    answer = ask(walk, heard)
    assert answer.characters == len(TEXT)
    assert any(isinstance(facts, Walked) for _, _, facts in heard.told)
    assert Recording(tmp_path / "recording").walked == len(TEXT)
