"""BLEU against sacrebleu."""

from __future__ import annotations

import pytest

from rnnviz.core.alignments.bleu import corpus_bleu

MADE = [
    "the cat sat on the mat",
    "it's 3.5 % of U.S. dollars, isn't it?",
    "a dog - so he says - runs",
    "completely different words here now",
]
RIGHT = [
    ["the cat sat on a mat", "a cat was sitting on the mat"],
    ["it's 3.5 % of US dollars, isn't it?"],
    ["the dog, so he says, runs away"],
    ["nothing of that sort"],
]


def test_it_is_sacrebleus_number() -> None:
    """With one and with several references, and for one sentence without a match of four."""
    sacrebleu = pytest.importorskip("sacrebleu")
    first: list[str | None] = [right[0] for right in RIGHT]
    second: list[str | None] = [right[1] if len(right) > 1 else None for right in RIGHT]
    streams = [first, second]
    wanted = sacrebleu.corpus_bleu(MADE, streams).score
    assert corpus_bleu(MADE, RIGHT) == pytest.approx(wanted, abs=1e-6)
    wanted = sacrebleu.corpus_bleu(MADE[2:3], [[RIGHT[2][0]]]).score
    assert corpus_bleu(MADE[2:3], RIGHT[2:3]) == pytest.approx(wanted, abs=1e-6)


def test_nothing_in_common_is_zero() -> None:
    """And so is nothing at all."""
    assert corpus_bleu(["x"], [["y"]]) == 0.0
    assert corpus_bleu([""], [["y"]]) == 0.0
