"""Classification on the training loop: it learns order, shows verdicts, goes on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnnviz.core.errors import RnnvizError, RunDirectoryError, TextError
from rnnviz.core.kinds.described import read_described
from rnnviz.core.models.network import SequenceDescription
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.nets.classification.verdicts import logits_of
from rnnviz.nets.training.loop import train
from rnnviz.nets.training_tasks import training_task
from rnnviz.nets.training_tasks.classification import ClassificationTask


def documents(folder: Path, count: int = 240) -> Path:
    """`x before y` is up, `y before x` is down: a bag of words knows nothing of it."""
    draw = np.random.default_rng(0)
    rows = []
    for _ in range(count):
        words = list(draw.choice(["a", "b", "c", "d"], size=draw.integers(2, 7)))
        first, second = sorted(draw.choice(len(words) + 1, size=2, replace=False))
        up = bool(draw.integers(2))
        words.insert(second, "y" if up else "x")
        words.insert(first, "x" if up else "y")
        rows.append(f"{'up' if up else 'down'}\t{' '.join(words)}")
    path = folder / "order.tsv"
    path.write_text("\n".join(rows) + "\n")
    return path


def config(path: Path, **changed: Any) -> TrainingConfig:
    options = {"readout": "mean", "averaging": 0.9, **changed.pop("options", {})}
    fields: dict[str, Any] = {
        "task": "classification", "name": "order", "architecture": "gru", "layers": 1, "units": 16,
        "embedding": 8, "batch": 16, "held_out": 0.2, "learning_rate": 0.02, "warmup_steps": 10,
        "steps": 150, "validation_every": 50, "checkpoint_every": 50, **changed,
    }  # fmt: skip
    return TrainingConfig(texts=(str(path),), options=options, **fields)


@pytest.mark.parametrize("readout", ["last", "mean", "max", "attention"])
def test_it_learns_what_only_order_tells(tmp_path: Path, readout: str) -> None:
    chosen = config(documents(tmp_path), options={"readout": readout, "averaging": 0.0})
    task = training_task(chosen)
    assert isinstance(task, ClassificationTask)
    assert train(task, chosen, tmp_path / "run").state == "finished"
    found = task.validate(final=True)
    assert found is not None
    assert found.metrics["accuracy"] > 0.9


def test_a_resumed_run_goes_on_bit_for_bit(tmp_path: Path) -> None:
    path = documents(tmp_path)
    options = {"word_dropout": 0.2, "longest": 4, "bidirectional": True}
    whole = config(path, steps=40, checkpoint_every=20, dropout=0.2, options=options)
    train(ClassificationTask.from_config(whole), whole, tmp_path / "whole")
    steps = 0

    def stopped() -> bool:
        nonlocal steps
        steps += 1
        return steps == 25

    assert (
        train(ClassificationTask.from_config(whole), whole, tmp_path / "cut", stopped=stopped).state
        == "stopped"
    )
    train(ClassificationTask.from_config(whole), whole, tmp_path / "cut", resume=True)
    name = "checkpoints/latest.safetensors"
    assert (tmp_path / "cut" / name).stat().st_size > 0
    from safetensors.torch import load_file

    one, two = (load_file(tmp_path / run / name) for run in ("whole", "cut"))
    assert one.keys() == two.keys()
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_what_is_saved_is_the_average_and_says_what_it_was_trained_on(tmp_path: Path) -> None:
    chosen = config(documents(tmp_path), steps=30)
    task = ClassificationTask.from_config(chosen)
    train(task, chosen, tmp_path / "run")
    from safetensors.torch import load_file

    path = tmp_path / "run" / "checkpoints" / "latest.safetensors"
    saved = load_file(path)
    assert all(torch.equal(saved[name], each) for name, each in task.average.items())
    assert not torch.equal(saved["output.weight"], task.model.output.weight)
    described = read_described(path)
    assert described.kind.key == "classifier"
    assert isinstance(described.description, SequenceDescription)
    training: dict[str, Any] = described.description.training
    assert described.description.network.head.outputs == ("down", "up")
    assert training["texts"] == ["order.tsv"]
    assert training["documents"] + training["held_out_documents"] == 240
    assert 0.5 <= training["largest_class"] < 0.7


def test_a_long_document_is_cut_in_training_and_whole_when_judged(tmp_path: Path) -> None:
    path = tmp_path / "long.tsv"
    path.write_text("".join(f"{n % 2}\tw{n} {'a b c ' * 20}\n" for n in range(40)))
    task = ClassificationTask.from_config(config(path, options={"longest": 10}))
    assert all(task.next_batch().ids.shape[0] == 10 for _ in range(4))
    assert {len(ids) for ids in task.held_documents} == {61}
    starts = {tuple(task._part(0).tolist()) for task.passes.epoch in range(6)}
    assert len(starts) > 1


def test_a_file_of_its_own_may_be_held_out(tmp_path: Path) -> None:
    path, other = documents(tmp_path), tmp_path / "held.tsv"
    lines = path.read_text().splitlines()
    other.write_text("\n".join(lines[:30]) + "\n")
    task = ClassificationTask.from_config(config(path, options={"held_out_texts": str(other)}))
    assert len(task.held_documents) == 30
    apart = {document.text for document in task.held}
    assert len(task.documents) == sum(line.split("\t")[1] not in apart for line in lines)


def test_samples_show_verdicts_on_what_is_held_out(tmp_path: Path) -> None:
    task = ClassificationTask.from_config(config(documents(tmp_path)))
    (seen,) = task.observe(())
    first = seen.fields["text"].splitlines()[0]
    assert first.endswith(task.held[0].text)
    assert "% (it is " in first


def test_empty_documents_are_left_out_counted_and_no_sample_is_anothers(tmp_path: Path) -> None:
    path = tmp_path / "some.tsv"
    full = "".join(f"{'up' if n % 2 else 'down'}\tword{n} it is\n" for n in range(40))
    path.write_text("up\t\ndown\t   \n" * 10 + full)
    chosen = config(path, held_out=0.4, options={"tokens": "words"})
    task = ClassificationTask.from_config(chosen)
    assert task.counts["left_out"] == 20
    assert task.facts["notes"] == ["20 of 60 texts hold nothing to read (words) and are left out"]
    assert task.counts["documents"] + task.counts["held_out_documents"] == 40  # type: ignore[operator]
    assert len(task.held) == len(task.held_documents) == len(task.held_labels)
    (sample,) = task.observe(())
    lines = sample.fields["text"].split("\n")
    for line, document in zip(lines, task.held, strict=False):
        assert f"(it is {document.label}): {document.text}" in line


def test_a_file_of_empty_documents_is_refused_with_their_number(tmp_path: Path) -> None:
    path = tmp_path / "none.tsv"
    path.write_text("up\t\ndown\t  \n" * 5)
    with pytest.raises(TextError, match="all 10 texts in it are empty"):
        ClassificationTask.from_config(config(path))


def test_word_vectors_are_where_the_embedding_begins(tmp_path: Path) -> None:
    vectors = tmp_path / "vectors.txt"
    vectors.write_text("x 1 2 3\ny 4 5 6\n")
    options = {"vectors": str(vectors), "embedding_rate": 0.5}
    task = ClassificationTask.from_config(config(documents(tmp_path), embedding=3, options=options))
    row = task.model.network.symbols.index("y")
    assert task.model.embedding is not None
    assert task.model.embedding.weight[row].tolist() == [4, 5, 6]
    assert task.model.embedding.relative_rate == 0.5


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"readout": "median"}, "the readout is 'median'; it may be last, mean, max, attention"),
        ({"word_dropout": 1.0}, "word_dropout is 1.0"),
        ({"longest": 0}, "longest is 0"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_options_that_cannot_be_say_so(tmp_path: Path, options: dict[str, Any], said: str) -> None:
    with pytest.raises((RnnvizError, RunDirectoryError), match=said):
        ClassificationTask.from_config(config(documents(tmp_path), options=options))


def test_no_texts_and_nothing_left_to_train_on_say_so(tmp_path: Path) -> None:
    with pytest.raises(TextError, match="a table of labels and texts, or a folder"):
        ClassificationTask.from_config(TrainingConfig(task="classification"))
    with pytest.raises(TextError, match="hold out less"):
        ClassificationTask.from_config(config(documents(tmp_path), held_out=1.0))


def test_a_document_of_a_hundred_thousand_words_is_judged(tmp_path: Path) -> None:
    task = ClassificationTask.from_config(config(documents(tmp_path), units=4))
    long = np.tile(task.documents[0], 100_000 // len(task.documents[0]) + 1)
    assert torch.isfinite(
        logits_of(task.model.eval(), [torch.from_numpy(long), torch.from_numpy(task.documents[1])])
    ).all()
