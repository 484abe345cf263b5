"""One sentence and what a person asks about it, in words; and files of many sentences."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rnnviz.core.errors import RnnvizError, TextError
from rnnviz.core.models.translation import END_ID, SPECIAL, UNKNOWN_ID
from rnnviz.nets.alignments.decoding.decoding import decode, decode_many
from rnnviz.nets.alignments.decoding.hypotheses import Hypothesis, Translated
from rnnviz.nets.alignments.decoding.settings import Settings
from rnnviz.nets.alignments.tokenizers import SPACE_MARK, Tokenizer, continuing
from rnnviz.nets.walking.threads import one_thread_each

LONGEST_SOURCE = 5000
"""Source tokens of one sentence at most."""


@dataclass(frozen=True)
class Sentence:
    """A sentence, its tokens, and what became of it."""

    source: tuple[str, ...]
    """S tokens, with the end."""
    target: tuple[str, ...]
    """G tokens, with the end where it was reached."""
    text: str
    """The translation as a person writes it."""
    translated: Translated
    chosen: Hypothesis

    @property
    def confidence(self) -> float:
        """The geometric mean of the tokens' probabilities, from 0 to 1."""
        return math.exp(float(self.chosen.log_p.mean()))

    @property
    def coverage(self) -> float:
        """The share of source tokens that were looked at; 0 without attention."""
        weights = self.chosen.weights
        if weights is None or weights.shape[1] < 2:
            return 0.0
        return float(weights.sum(dim=0)[:-1].clamp(max=1).mean())


def source_ids(model: Any, text: str) -> list[int]:
    """The ids of a sentence.

    Raises:
        TextError: it is empty, or longer than anything that can be shown.
    """
    ids: list[int] = model.source.encode(text)
    if not ids:
        raise TextError("the sentence is empty; type something to translate")
    if len(ids) > LONGEST_SOURCE:
        raise TextError(
            f"the sentence has {len(ids):,} tokens; {LONGEST_SOURCE:,} can be translated at once, "
            "so cut it into sentences"
        )
    return ids


def as_sentence(model: Any, text: str, translated: Translated) -> Sentence:
    """The best translation with its tokens in words."""
    best = translated.best
    return Sentence(
        tuple(model.source.shown(translated.source, text)),
        tuple(model.target.shown(best.ids)),
        model.target.decode(best.ids),
        translated,
        best,
    )


def translate(
    model: Any,
    text: str,
    settings: Settings | None = None,
    *,
    keep: bool = False,
    progress: Callable[[list[str]], None] | None = None,
) -> Sentence:
    """Translate one sentence.

    Args:
        keep: also keep the beam's tree.
        progress: told the target tokens so far.

    Raises:
        TextError: the sentence is empty or too long.
        RnnvizError: the settings cannot work.
    """

    def report(ids: list[int]) -> None:
        if progress is not None:
            progress(model.target.shown(ids))

    ids = source_ids(model, text)
    # The products of one sentence are so small that sharing them costs more than it gives.
    with one_thread_each:
        (translated,) = decode(model, [ids], settings, keep=keep, progress=report)
    return as_sentence(model, text, translated)


def translate_many(
    model: Any,
    lines: Sequence[str],
    settings: Settings | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> list[Sentence | None]:
    """Translate many sentences; None for an empty line.

    Raises:
        TextError: a line is too long.
    """
    encoded = [model.source.encode(line) for line in lines]
    for number, ids in enumerate(encoded, 1):
        if len(ids) > LONGEST_SOURCE:
            raise TextError(
                f"line {number:,} has {len(ids):,} tokens; {LONGEST_SOURCE:,} can be translated "
                "at once, so cut it into sentences"
            )
    found = decode_many(model, encoded, settings, progress=progress)
    return [
        as_sentence(model, line, one) if one else None
        for line, one in zip(lines, found, strict=True)
    ]


def force_target(model: Any, text: str, target: str) -> Sentence:
    """The alignment of a given translation: every target token is forced.

    Raises:
        TextError: one of the sentences is empty or too long.
    """
    ids = source_ids(model, text)
    wanted = [*model.target.encode(target), END_ID]
    if len(wanted) == 1:
        raise TextError("the translation is empty; there is nothing to align")
    settings = Settings(forced=dict(enumerate(wanted)), longest=len(wanted))
    (translated,) = decode(model, [ids], settings)
    sentence = as_sentence(model, text, translated)
    shown = tuple(model.target.shown(sentence.chosen.ids, target))
    return Sentence(sentence.source, shown, sentence.text, translated, sentence.chosen)


def forced_ids(
    tokenizer: Tokenizer, forced: Mapping[int, str], whole: Collection[int] = ()
) -> tuple[dict[int, int], dict[int, Sequence[int]]]:
    """The ids of tokens that people force by step, and those that must not come after them.

    A token is named as it is shown. A word that is none takes its pieces, one after the other, from
    its step on, as far as no other step is forced.

    Args:
        whole: the steps whose word ends where it ends; others may go on, "er" as "error".

    Raises:
        RnnvizError: a word cannot be said in this vocabulary.
    """
    known = {token: i for i, token in enumerate(tokenizer.description.tokens)}
    found: dict[int, int] = {}
    forbidden: dict[int, Sequence[int]] = {}
    for step in sorted(forced):
        word = forced[step]
        exact = known.get(word, known.get(f"{SPACE_MARK}{word}"))
        plain = word.removeprefix(SPACE_MARK)
        ids = [exact] if exact is not None else tokenizer.encode(plain)
        if not ids or (UNKNOWN_ID in ids and word != SPECIAL[UNKNOWN_ID]):
            raise RnnvizError(
                f"{plain!r} is not in the vocabulary of this model; choose another word, for "
                "instance one of the likeliest at that step"
            )
        for place, i in enumerate(ids):
            if place and (step + place) in forced:
                break
            found[step + place] = i
        if step in whole:
            forbidden[step + len(ids)] = continuing(tokenizer.description)
    return found, forbidden
