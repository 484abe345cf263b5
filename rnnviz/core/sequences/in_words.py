"""What the steps of a sequence are called, and how it was read, where a person reads of it."""

from __future__ import annotations

from rnnviz.core.sequences.base import Sequence
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.texts.direction import ORDER, holds_right_to_left, quoted
from rnnviz.core.sequences.tokens import Tokens

_UTF8 = ("", "ASCII", "UTF-8")
_PIECE_MARKS = ("\u2581", "\u0120")
"""What pieces of words begin with where a blank stands before them."""


def steps_called(sequence: Sequence) -> str:
    """`characters` of a text that is read letter by letter, else `steps`.

    >>> steps_called(Text.of("hello"))
    'characters'
    """
    return "characters" if isinstance(sequence, Text) else "steps"


def reading_in_words(
    text: Text, sequence: Sequence | None = None, vocabulary: tuple[str, ...] = ()
) -> str:
    """How a text was read, and what a network does not know of it; empty if all is as usual.

    Args:
        text: as people see it.
        sequence: the same as a network reads it; without one, nothing is said of a network.
        vocabulary: what the network knows.

    >>> text = Text.of("abba, abba!")
    >>> reading_in_words(text, text, ("a", "b"))
    "3 of 11 characters are unknown to the model, most of all ' ' (1), '!' (1), ',' (1)"
    """
    parts = []
    if text.how not in _UTF8:
        parts.append(f"read as {text.how}")
    if isinstance(sequence, Text | Tokens):
        parts += _unknown_in_words(sequence, vocabulary)
    if holds_right_to_left(text.codes):
        parts.append(ORDER)
    return "; ".join(parts)


def _unknown_in_words(sequence: Text | Tokens, vocabulary: tuple[str, ...]) -> list[str]:
    unknown = sequence.unknown(vocabulary)
    if not unknown:
        return []
    called, instead = "characters", ""
    if isinstance(sequence, Tokens):
        called = _tokens_called(vocabulary or sequence.vocabulary)
        if sequence.unknown_symbol:
            instead = f", which reads {sequence.unknown_symbol} for each of them"
    first = ", ".join(f"{quoted(one)} ({count:,})" for one, count in list(unknown.items())[:3])
    number = sum(unknown.values())
    count = f"{number:,} of {len(sequence):,} {called} {'is' if number == 1 else 'are'}"
    return [f"{count} unknown to the model{instead}, most of all {first}"]


def _tokens_called(vocabulary: tuple[str, ...]) -> str:
    """`characters` if the vocabulary has nothing else but signs such as `<unk>`, pieces, or words.

    >>> [_tokens_called(known) for known in (("<unk>", "a", "b"), ("the", "a"), ("\u2581a",))]
    ['characters', 'words', 'pieces of words']
    """
    if any(symbol.startswith(_PIECE_MARKS) for symbol in vocabulary):
        return "pieces of words"
    letters = all(len(symbol) <= 1 or symbol.startswith("<") for symbol in vocabulary)
    return "characters" if letters else "words"
