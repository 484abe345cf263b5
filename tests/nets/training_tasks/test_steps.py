"""Taggers, models of numbers and of words: they learn, go on where they were killed, and open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from msgspec.structs import replace
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from rnnviz.core.errors import ModelFileError, RnnvizError, RunDirectoryError, TextError
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.training.loop import train
from rnnviz.nets.training_tasks import training_task
from rnnviz.nets.training_tasks.steps import StepsTask
from tests.harness.killed_run import CONFIGS, task_of
from tests.nets.training.small_runs import stopping_after

BUFFALO = (("the", "DET"), ("old", "ADJ"), ("man", "NOUN"), ("sees", "VERB"), ("old", "NOUN"))


def tags(folder: Path) -> Path:
    """`old` is an adjective or a noun, as what stands before it says."""
    path = folder / "tags.tsv"
    draw = np.random.default_rng(0)
    lines = []
    for number in range(120):
        words = [BUFFALO[0], *(BUFFALO[1:2] * int(draw.integers(2))), *BUFFALO[2:]]
        words += [("".join(chr(97 + number // n % 5) for n in (1, 5, 25)), "NAME")]
        lines.append("\n".join("\t".join(word) for word in words))
    path.write_text("\n\n".join(lines))
    return path


def config(task: str, path: Path | None, **more: Any) -> TrainingConfig:
    fields: dict[str, Any] = {
        "architecture": "gru", "layers": 1, "units": 12, "batch": 8, "steps": 60,
        "learning_rate": 0.02, "warmup_steps": 5, "validation_every": 20, "checkpoint_every": 20,
        "sequence_length": 40, "device": "cpu", "name": "small", **more,
    }  # fmt: skip
    return TrainingConfig(task=task, texts=(str(path),) if path else (), **fields)


def trained(chosen: TrainingConfig, folder: Path) -> Any:
    task = training_task(chosen)
    train(task, chosen, folder)
    return task


def test_a_tagger_learns_from_what_stands_around(tmp_path: Path) -> None:
    chosen = config("tagging", tags(tmp_path), embedding=6)
    task = trained(chosen, tmp_path / "run")
    found = task.validate(True)
    assert found.metrics["accuracy"] > 0.98
    opened = open_model(tmp_path / "run" / "checkpoints" / "latest.safetensors")
    assert opened.kind == "tagger"
    assert opened.model.network.head.outputs == ("ADJ", "DET", "NAME", "NOUN", "VERB")
    (seen,) = task.observe(())
    assert "the/DET" in seen.fields["text"]


def test_a_flip_flop_is_made_up_and_learned(tmp_path: Path) -> None:
    options = {"made_up": "flip-flop", "bits": 1}
    chosen = config("numbers", None, options=options, steps=200, batch=16)
    task = trained(chosen, tmp_path / "run")
    assert task.validate(True).metrics["explained"] > 0.8
    opened = open_model(tmp_path / "run" / "checkpoints" / "latest.safetensors")
    assert opened.kind == "numbers-model"
    assert opened.model.network.head.outputs == ("bit 1",)


def test_the_next_row_classes_and_one_answer_a_sequence(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    draw = np.random.default_rng(0)
    rows = ["id,x,kind"]
    for number in range(40):
        up = number % 2
        rows += [
            f"{number},{draw.normal() + 3 * up:.3f},{'up' if up else 'down'}" for _ in range(6)
        ]
    path.write_text("\n".join(rows))
    once = training_task(config("numbers", path, options={"readout": "last"}))
    assert isinstance(once, StepsTask)
    assert len(once.kept) + len(once.held) == 40
    assert once.kept[0].wanted.shape == ()
    assert once.description.network.head.outputs == ("down", "up")
    every = training_task(config("numbers", path))
    assert isinstance(every, StepsTask)
    assert every.kept[0].wanted.tolist() == [0] * 6
    path.write_text("x\n" + "\n".join(str(n % 5) for n in range(100)))
    following = training_task(config("numbers", path))
    assert isinstance(following, StepsTask)
    assert following.description.network.head.outputs == ("next x",)
    assert following.kept[0].wanted[:4, 0].tolist() == [1, 2, 3, 4]


def test_padding_changes_nothing(tmp_path: Path) -> None:
    task = training_task(config("tagging", tags(tmp_path), options={"bidirectional": True}))
    assert isinstance(task, StepsTask)
    task.model.eval()
    lengths = sorted({len(one.entering) for one in task.kept})
    few = [next(one for one in task.kept if len(one.entering) == n) for n in lengths]
    batch = task._batch(few)
    with torch.inference_mode():
        together, _ = task.model(batch.entering, None, batch.lengths)
        for column, one in enumerate(few):
            alone, _ = task.model(one.entering[:, None], None, torch.tensor([len(one.entering)]))
            torch.testing.assert_close(together[: len(alone), column], alone[:, 0])


@pytest.mark.parametrize("name", ["tagging", "numbers", "words"])
def test_a_run_goes_on_as_if_it_had_never_stopped(name: str, tmp_path: Path) -> None:
    path = tags(tmp_path) if name == "tagging" else None
    options: dict[str, Any] = {}
    if name == "numbers":
        options = {"made_up": "flip-flop", "bits": 2}
    if name == "words":
        path = tmp_path / "novel.txt"
        path.write_text("The war and the peace, and the war. " * 80)
    chosen = config(name, path, options=options, dropout=0.2, steps=40)
    whole = trained(chosen, tmp_path / "whole")
    task = training_task(chosen)
    batches = [task.next_batch() for _ in range(5)]
    again = training_task(chosen)
    again.restore(task.position())
    following = task.next_batch(), again.next_batch()
    for one, two in zip(*following, strict=True):
        assert torch.equal(one, two)
    assert len(batches) == 5
    assert whole.facts["digest"] == again.facts["digest"]


def test_a_language_model_of_words(tmp_path: Path) -> None:
    path = tmp_path / "novel.txt"
    path.write_text("The war and the peace.\n\nThe peace, and the war. " * 80)
    chosen = config("words", path, embedding=6, skip=True, layers=2, options={"vocabulary": 20})
    task = trained(chosen, tmp_path / "run")
    opened = open_model(tmp_path / "run" / "checkpoints" / "latest.safetensors")
    assert opened.kind == "language-model"
    assert "\n" in opened.model.symbols
    assert task.validate(True).loss_nats < 1.5
    samples = [seen.fields["text"] for seen in task.observe((0.5,))]
    assert "war" in samples[0] or "peace" in samples[0]
    with pytest.raises(RnnvizError, match="may be words or subwords"):
        training_task(config("words", path, options={"tokens": "letters"}))


@pytest.mark.parametrize(
    ("task", "more", "said"),
    [
        ("tagging", {}, "no file is given"),
        ("numbers", {}, "no file is given"),
        ("numbers", {"options": {"made_up": "waves"}}, "cannot be made up"),
        ("numbers", {"options": {"made_up": "flip-flop", "readout": "first"}}, "the readout is"),
        ("numbers", {"options": {"made_up": "flip-flop", "bits": 99}}, "99 bits"),
    ],
)
def test_what_cannot_be_is_said(task: str, more: dict[str, Any], said: str) -> None:
    with pytest.raises((RnnvizError, TextError), match=said):
        training_task(config(task, None, **more))


@pytest.mark.parametrize("name", ["classification", "tagging", "numbers", "words"])
def test_a_training_starts_from_the_weights_of_a_model(tmp_path: Path, name: str) -> None:
    config = replace(CONFIGS[name], steps=3)
    first = task_of(config)
    train(first, config, tmp_path / "first")
    model = tmp_path / "first/checkpoints/latest.safetensors"
    again = task_of(replace(config, start_from=str(model)))
    found, other = again.model.state_dict(), load_file(model)
    assert all(torch.equal(found[part], other[part]) for part in other)
    wider = replace(config, start_from=str(model), units=config.units + 1)
    with pytest.raises(ModelFileError, match="is another network"):
        task_of(wider)


def test_a_state_of_other_parameters_says_what_to_do(tmp_path: Path) -> None:
    """As runs have it that were begun when what reads backwards was called otherwise."""
    config = replace(CONFIGS["classification"], steps=3)
    train(task_of(config), config, tmp_path, **stopping_after(2))
    path = tmp_path / "checkpoints/state.safetensors"
    with safe_open(path, framework="pt") as file:
        header = file.metadata()
    old = {name.replace("backwards.0", "old.0"): part for name, part in load_file(path).items()}
    save_file(old, path, header)
    with pytest.raises(RunDirectoryError, match=r"does not fit this run (?s:.*)--start-from"):
        train(task_of(config), config, tmp_path, resume=True)
    model = tmp_path / "checkpoints/latest.safetensors"
    anew = replace(config, start_from=str(model))
    assert train(task_of(anew), anew, tmp_path / "anew").state == "finished"


def test_sentences_that_are_all_alike_leave_nothing_to_train_on(tmp_path: Path) -> None:
    path = tmp_path / "tags.tsv"
    path.write_text("\n\n".join(["the\tD\nman\tN"] * 30))

    def each_seed() -> None:
        for seed in range(20):  # by some of them they are held out
            training_task(config("tagging", path, seed=seed, held_out=0.3))

    with pytest.raises(TextError, match="nothing is left to train on: sentences that are alike"):
        each_seed()


def test_a_label_that_occurs_once_is_learned_or_held_out(tmp_path: Path) -> None:
    path = tags(tmp_path)
    path.write_text(path.read_text() + "\n\nodd\tX\n")
    for seed in range(4):
        chosen = config("tagging", path, seed=seed, steps=2)
        assert train(training_task(chosen), chosen, tmp_path / f"run{seed}").state == "finished"


def test_labels_that_occur_once_are_named(tmp_path: Path) -> None:
    path = tmp_path / "tags.tsv"
    path.write_text("a\tA\nb\tB\n\n" * 20 + "Paris\tLOC\n\n")
    apart = tmp_path / "held.tsv"
    apart.write_text("a\tA\nhop\tVERB\n\n")
    chosen = config("tagging", path, options={"held_out_texts": str(apart)})
    task = training_task(chosen)
    assert task.facts["notes"] == [
        "the label 'LOC' occurs once in what is trained on: it can hardly be learned",
        "1 word held out has a label that is never trained on ('VERB') and is not judged",
    ]
    rows = tmp_path / "rows.csv"
    rows.write_text("x,state\n" + "".join(f"{n},{'up' if n else 'down'}\n" for n in range(50)))
    (said,) = training_task(config("numbers", rows)).facts["notes"]
    assert said.startswith("the label 'down' occurs once")
