"""Translation on the training loop: it learns, shows its alignment, and goes on where it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnnviz.core.errors import RnnvizError, TextError
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.nets.alignments.batches import epoch_order
from rnnviz.nets.alignments.decoding.decoding import decode_many
from rnnviz.nets.alignments.made_up import made_pairs
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.training_tasks import training_task
from rnnviz.nets.training_tasks.task import Share
from rnnviz.nets.training_tasks.translation import TranslationTask


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
    opened = open_model(tmp_path / "m.safetensors").model
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
    order = tasks[0].passes.order
    largest = max(range(len(order)), key=lambda place: len(order[place]))
    for task in tasks:
        task.passes.place = largest
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


def corpus(folder: Path, pairs: int = 200) -> Path:
    """Sentences of made-up words, each translated word for word, adjective and noun swapped."""
    draw = np.random.default_rng(0)
    lines = []
    for _ in range(pairs):
        noun, adjective, verb = draw.integers(0, 9, 3).tolist()
        source = f"le nom{noun} adj{adjective} va{verb}."
        lines.append(f"{source}\tthe red{adjective} dog{noun} goes{verb}.")
    path = folder / "corpus.tsv"
    path.write_text("\n".join(dict.fromkeys(lines)) + "\n", encoding="utf-8")
    return path


def guided(path: Path, **options: Any) -> TranslationTask:
    """A task on that corpus with general attention after the step."""
    asked = {"attention": "general", "order": "after", "tokens": "subwords", "vocabulary": 45}
    asked |= {"made": "", "guided": 0.5} | options
    return TranslationTask.from_config(config(texts=(str(path),), options=asked))


def mass(task: TranslationTask) -> float:
    """The weight that lies on linked pieces, on the mean over all batches of a pass."""
    total, rows = 0.0, 0
    task.model.eval()
    for _ in range(len(task.passes)):
        batch = task.next_batch()
        with torch.inference_mode():
            _, _, weights = task.model(batch.source, batch.lengths, batch.target)
        assert weights is not None
        assert batch.linked is not None
        total += float((weights * batch.linked).sum())
        rows += int(batch.linked.any(2).sum())
    task.model.train()
    return total / rows


def test_guided_attention_learns_to_look_at_what_is_linked(tmp_path: Path) -> None:
    """The loss falls, is told beside that of the words, and the weight goes where links are."""
    task = guided(corpus(tmp_path))
    assert task.description.guided == 0.5
    before = mass(task)
    optimiser = torch.optim.Adam(task.model.parameters(), 0.01)
    told = []
    for _ in range(120):
        loss = task.loss(task.model, task.next_batch())
        assert loss.minimised.item() == pytest.approx(
            loss.nats.item() + 0.5 * float(loss.parts["guided"]), rel=1e-5
        )
        optimiser.zero_grad()
        loss.minimised.backward()
        optimiser.step()
        told.append(float(loss.parts["guided"]))
    assert told[-1] < 0.5 * told[0]
    assert mass(task) > before + 0.3


def test_links_may_come_from_a_file_that_has_a_line_for_every_pair(tmp_path: Path) -> None:
    """The same links as those that are found; the other way round with `swap`."""
    path = corpus(tmp_path)
    lines = path.read_text(encoding="utf-8").splitlines()
    links = tmp_path / "links.txt"
    links.write_text("0-0 1-2 2-1 3-3 4-4\n" * len(lines), encoding="utf-8")
    for swap in (False, True):
        task = guided(path, links=str(links), swap=swap)
        tokens = (task.model.source, task.model.target)
        for (source, target), spans in zip(task.pairs, task.spans, strict=True):
            words = [
                (tokens[0].decode(source[c:d]), tokens[1].decode(target[a:b]))
                for a, b, c, d in spans.tolist()
            ]
            assert len(words) == 5
            assert words[1][0].startswith("red" if swap else "nom")
    links.write_text("0-0\n", encoding="utf-8")
    with pytest.raises(TextError, match="one line for every pair"):
        guided(path, links=str(links))
    with pytest.raises(RnnvizError, match="leave one of them out"):
        guided(path, attention="none")


def test_joined_pairs_hold_what_they_are_made_of(tmp_path: Path) -> None:
    """No piece is lost, links move along, and nothing grows too long."""
    path = corpus(tmp_path)
    plain, joined = guided(path), guided(path, joined=0.5, longest=40)
    assert len(joined.pairs) < len(plain.pairs)
    for side in (0, 1):
        assert sum(len(pair[side]) for pair in joined.pairs) == sum(
            len(pair[side]) for pair in plain.pairs
        )
    assert sum(len(spans) for spans in joined.spans) == sum(len(spans) for spans in plain.spans)
    assert max(len(side) for pair in joined.pairs for side in pair) <= 40
    longest = max(range(len(joined.pairs)), key=lambda i: len(joined.pairs[i][0]))
    source, target = joined.pairs[longest]
    text = joined.model.source.decode(source)
    assert text.count(".") in (2, 3)
    assert joined.spans[longest][:, 1].max() == len(target)
    assert joined.spans[longest][:, 3].max() == len(source)


def test_batches_are_filled_up_to_so_many_places(tmp_path: Path) -> None:
    """Every pair once, and no batch holds more."""
    lengths = np.random.default_rng(0).integers(1, 60, (900, 2))
    batches = epoch_order(lengths, 8, seed=0, epoch=0, places=500)
    assert sorted(np.concatenate(batches).tolist()) == list(range(900))
    held = [len(rows) * int(lengths[rows].max()) for rows in batches]
    assert max(held) <= 500
    assert np.mean(held) > 400
    assert guided(corpus(tmp_path), batch_tokens=200).next_batch().source.shape[1] > 1


def test_vocabularies_come_from_another_model_the_right_way_round(tmp_path: Path) -> None:
    """So that models can be compared token by token."""
    path = corpus(tmp_path)
    about = {"source_language": "French", "target_language": "English"}
    first = guided(path, **about)
    first.save(tmp_path / "first.safetensors", {})
    given = {"vocabularies": str(tmp_path / "first.safetensors")}
    same = guided(path, vocabulary=5, **about, **given)
    assert same.description.source == first.description.source
    turned = {"source_language": "English", "target_language": "French", "swap": True}
    other = guided(path, vocabulary=5, **turned, **given)
    assert other.description.source == first.description.target
    assert other.description.target == first.description.source
