"""Translation on the training loop: it learns, shows its alignment, and goes on where it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnnviz.core.errors import RnnvizError, TextError
from rnnviz.core.runs.config import TrainingConfig
from rnnviz.nets.training import training_task
from rnnviz.nets.training.task import Share
from rnnviz.nets.training.translation import TranslationTask
from rnnviz.nets.translation.batches import epoch_order
from rnnviz.nets.translation.decoding import decode_many
from rnnviz.nets.translation.files import load_translation
from rnnviz.nets.translation.made_up import made_pairs


def config(**changed: Any) -> TrainingConfig:
    """Reversed words, small and fast."""
    options = {"made": "reversed", "made_pairs": 600, "tokens": "characters"}
    options |= changed.pop("options", {})
    fields: dict[str, Any] = {
        "task": "translation",
        "name": "small",
        "architecture": "gru",
        "layers": 1,
        "units": 12,
        "embedding": 8,
        "batch": 16,
        "held_out": 0.1,
        **changed,
    }
    return TrainingConfig(options=options, **fields)


def test_it_is_found_by_its_name_and_says_what_it_reads() -> None:
    """Held-out pairs are not among the others."""
    task = training_task(config())
    assert isinstance(task, TranslationTask)
    assert task.facts["pairs"] + task.facts["held_out_pairs"] == 600
    assert 30 < task.facts["held_out_pairs"] < 90


def test_the_loss_falls_within_a_few_steps() -> None:
    """Adam on the batches that it gives."""
    task = TranslationTask.from_config(config(batch=32))
    optimiser = torch.optim.Adam(task.model.parameters(), 0.02)
    losses = []
    for _ in range(60):
        given = task.loss(task.model, task.next_batch())
        optimiser.zero_grad()
        given.nats.backward()
        optimiser.step()
        losses.append(given.nats.item())
    assert np.mean(losses[-5:]) < np.mean(losses[:5]) - 0.3


def test_it_shows_the_alignment_of_a_fixed_sentence(tmp_path: Path) -> None:
    """Rows of one shape with their tokens, a translation, and BLEU beside the loss."""
    task = TranslationTask.from_config(config())
    shown = {one.kind: one for one in task.observe((0.8,))}
    alignment = shown["alignment"]
    assert alignment.array is not None
    source, target = alignment.fields["source"], alignment.fields["target"]
    assert alignment.array.shape == (len(target), len(source))
    np.testing.assert_allclose(alignment.array.sum(axis=1), 1.0, rtol=1e-5)
    assert shown["sample"].fields["text"].startswith("".join(source[:-1]))
    found = task.validate(final=False)
    assert found is not None
    assert 0 < found.loss_nats < 5 and 0 <= found.metrics["bleu"] <= 100
    task.save(tmp_path / "m.safetensors", {"steps": 7})
    opened = load_translation(tmp_path / "m.safetensors").model
    assert opened.description.training["steps"] == 7
    assert opened.description.examples == ("".join(source[:-1]),)
    batch = task.next_batch()
    task.model.eval()
    for one, other in zip(
        task.model(batch.source, batch.lengths, batch.target)[:2],
        opened(batch.source, batch.lengths, batch.target)[:2],
        strict=True,
    ):
        torch.testing.assert_close(one, other)


def test_without_attention_there_is_no_alignment() -> None:
    """Only the translation."""
    task = TranslationTask.from_config(config(options={"attention": "none"}))
    assert [one.kind for one in task.observe(())] == ["sample"]


def test_it_goes_on_where_it_was() -> None:
    """Also into the next pass."""
    task = TranslationTask.from_config(config(batch=100))
    for _ in range(7):
        task.next_batch()
    kept = task.position()
    wanted = [task.next_batch().target for _ in range(8)]
    other = TranslationTask.from_config(config(batch=100))
    other.restore(kept)
    assert all(torch.equal(other.next_batch().target, target) for target in wanted)


def test_processes_share_a_batch() -> None:
    """Together they see what one alone sees."""
    tasks = [
        TranslationTask.from_config(config(), Share(n, of)) for n, of in ((0, 1), (0, 2), (1, 2))
    ]
    largest = max(range(len(tasks[0].order)), key=lambda place: len(tasks[0].order[place]))
    for task in tasks:
        task.place = largest
    whole, *parts = [task.next_batch() for task in tasks]
    assert sum(part.tokens for part in parts) == whole.tokens


def test_a_pass_sees_every_pair_once_and_batches_are_alike_in_length() -> None:
    """In another order every time."""
    lengths = np.random.default_rng(0).integers(1, 40, (1000, 2))
    first = epoch_order(lengths, 32, seed=0, epoch=0)
    assert sorted(np.concatenate(first).tolist()) == list(range(1000))
    assert max(np.ptp(lengths[rows, 1]) for rows in first) < 8
    again = epoch_order(lengths, 32, seed=0, epoch=1)
    assert not np.array_equal(np.concatenate(first), np.concatenate(again))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"options": {"attentoin": "dot"}}, "attentoin"),
        ({"options": {"attention": "dot"}}, "one width"),
        ({"options": {"made": "poems"}}, "made up"),
        ({"options": {"watch": "nowhere"}}, "no held-out pair"),
        ({"options": {"longest": 2}}, "raise `longest`"),
        ({"held_out": 1e9}, "hold out less"),
    ],
)
def test_settings_that_cannot_work_are_explained(changed: dict[str, Any], said: str) -> None:
    """Before anything is written."""
    with pytest.raises(RnnvizError, match=said):
        TranslationTask.from_config(config(**changed))


def test_word_vectors_are_where_the_embedding_begins(tmp_path: Path) -> None:
    """From a GloVe file, and from a word2vec one with a line of sizes."""
    for name, head in (("glove.txt", ""), ("word2vec.txt", "2 8\n")):
        path = tmp_path / name
        path.write_text(head + "a " + " ".join(["0.5"] * 8) + "\nzz " + " ".join(["1"] * 8) + "\n")
        task = TranslationTask.from_config(config(options={"source_vectors": str(path)}))
        row = task.description.source.tokens.index("a")
        assert task.model.encoder.embedding.weight[row].tolist() == [0.5] * 8
    path.write_text("a 1 2\n")
    with pytest.raises(TextError, match="set the embedding to 2"):
        TranslationTask.from_config(config(options={"source_vectors": str(path)}))
    path.write_text("a 1 b\n")
    with pytest.raises(TextError, match="no number"):
        TranslationTask.from_config(config(options={"source_vectors": str(path)}))


def test_made_up_pairs_know_what_belongs_together() -> None:
    """Every digit of a date, every letter of a reversed word."""
    for pair in made_pairs("dates", 50, 1):
        assert len(pair.right) == len(pair.target) == 10
        for place in (0, 1, 2, 3, 9):
            (right,) = pair.right[place]
            assert pair.source[right] == pair.target[place]
    for pair in made_pairs("reversed", 5, 1):
        assert "".join(pair.source[next(iter(right))] for right in pair.right) == pair.target


def test_decoding_a_trained_task_gives_one_result_a_line() -> None:
    """In order, whatever their lengths."""
    task = TranslationTask.from_config(config())
    task.model.eval()
    ids = [task.model.source.encode(line) for line in ("abcde", "a", "abcdefghijkl")]
    assert [one is not None and len(one.source) for one in decode_many(task.model, ids)] == [
        6,
        2,
        13,
    ]
