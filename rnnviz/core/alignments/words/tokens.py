"""Tokens of a sentence as people read them: what is drawn, which form a word, which way they run.

Knows the marks that tokenizers leave behind; never tokenizes anything.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from rnnviz.core.export.layout import shown as shown_character

WORD_START = "\u2581"
"""What sentencepiece writes before the first piece of a word."""
_CONTINUED = "@@"
"""What subword-nmt writes after a piece that goes on."""
MARKS = frozenset({"<s>", "</s>", "<pad>", "SOS", "EOS", "<sos>", "<eos>"})
"""What begins, ends or fills a sentence."""
SPECIAL = MARKS | {"<unk>"}
_INNER = frozenset("'’-.,:/@_&·")
"""Signs that words and numbers may have inside."""
_LONGEST = 40
_DRAWN = {" ": "\u2423", WORD_START: "_"}
"""The block that opens a word is as heavy as the word in most fonts."""

Group = tuple[int, int]
"""The first token of a word and one past its last."""


@lru_cache(maxsize=1 << 14)
def shown_token(token: str) -> str:
    r"""A token as it is drawn: nothing in it can turn, join or hide its neighbours.

    >>> shown_token("a\tb"), shown_token(""), shown_token(" ")
    ('a→b', '∅', '␣')
    """
    if not token:
        return "\u2205"
    drawn = "".join(_DRAWN.get(character) or _safe(character) for character in token[:_LONGEST])
    return drawn + "…" if len(token) > _LONGEST else drawn


def _safe(character: str) -> str:
    return character if unicodedata.category(character)[0] == "M" else shown_character(character)[0]


def is_special(token: str) -> bool:
    """Whether a token stands for the begin, the end or a gap of a sentence, not for a word."""
    return token in SPECIAL


def is_mark(token: str) -> bool:
    """Whether a token stands for no place of the sentence: an unknown word has its place."""
    return token in MARKS


def is_word(token: str) -> bool:
    """Whether there is a letter or a digit in the token: punctuation and marks are no words.

    >>> is_word("▁chat"), is_word("▁."), is_word("</s>")
    (True, False, False)
    """
    return not is_special(token) and any(character.isalnum() for character in token)


def has_pieces(tokens: Sequence[str]) -> bool:
    """Whether the tokens are parts of words rather than words or characters."""
    return any(token.startswith(WORD_START) or token.endswith(_CONTINUED) for token in tokens)


def word_groups(tokens: Sequence[str]) -> tuple[Group, ...]:
    """Which tokens form a word together; every token is in exactly one group.

    A sign is a word of its own, unless letters or digits go on behind it: "don't", "3.5".

    >>> word_groups(["▁the", "▁gr", "ey", "▁cat", ".", "</s>"])
    ((0, 1), (1, 3), (3, 4), (4, 5), (5, 6))
    >>> word_groups(["▁(", "don", "'", "t", ")"])
    ((0, 1), (1, 4), (4, 5))
    """
    if not has_pieces(tokens):
        return tuple((place, place + 1) for place in range(len(tokens)))
    marked = any(token.startswith(WORD_START) for token in tokens)
    groups: list[Group] = []
    for place, token in enumerate(tokens):
        if marked:
            joins = (
                not token.startswith(WORD_START)
                and not is_mark(token)
                and (
                    tokens[place - 1] == WORD_START
                    or not (_stands_alone(tokens, place) or _stands_alone(tokens, place - 1))
                )
            )
        else:
            joins = place > 0 and tokens[place - 1].endswith(_CONTINUED)
        if joins and groups and not is_mark(tokens[place - 1]):
            groups[-1] = (groups[-1][0], place + 1)
        else:
            groups.append((place, place + 1))
    return tuple(groups)


def _stands_alone(tokens: Sequence[str], place: int) -> bool:
    """Whether a piece is a sign, or signs, at the edge of a word."""
    piece = tokens[place].removeprefix(WORD_START)
    if place < 0 or not piece or is_special(piece) or any(c.isalnum() for c in piece):
        return False
    before = tokens[place - 1][-1:] if place > 0 else ""
    within = before.isalnum() and not tokens[place].startswith(WORD_START)
    goes_on = place + 1 < len(tokens) and tokens[place + 1][:1].isalnum()
    return not (within and goes_on and piece in _INNER)


def word_of(pieces: Sequence[str]) -> str:
    """The word that these pieces form.

    >>> word_of(["▁gr", "ey"]), word_of(["gr@@", "ey"]), word_of(["▁"])
    ('grey', 'grey', '▁')
    """
    word = "".join(piece.removesuffix(_CONTINUED) for piece in pieces).removeprefix(WORD_START)
    return word or "".join(pieces)


def word_number(tokens: Sequence[str], place: int) -> int:
    """Which word of the sentence a token is of, from 1, however many pieces the words before have.

    >>> word_number(["▁the", "▁gr", "ey", "▁cat"], 3)
    3
    """
    return sum(start <= place for start, _ in word_groups(tokens))


def begun(word: str) -> str:
    """A word that a person typed, as the piece that begins a word; signs stay as they are.

    >>> begun("dog"), begun(","), begun("<unk>")
    ('▁dog', ',', '<unk>')
    """
    if word.startswith(WORD_START) or not is_word(word):
        return word
    return f"{WORD_START}{word}"


def sentence_of(tokens: Sequence[str]) -> str:
    """The words of these tokens with blanks between them, as for a line of a text file.

    >>> sentence_of(["▁the", "▁gr", "ey", "<unk>", "<unk>", "</s>"])
    'the grey<unk><unk>'
    """
    words = [word_of(tokens[start:stop]) for start, stop in word_groups(tokens)]
    return " ".join(word for word in words if not is_mark(word))


def runs_right_to_left(tokens: Sequence[str]) -> bool:
    """Whether most letters are of a script that is written from right to left."""
    ways = [unicodedata.bidirectional(character) for token in tokens for character in token]
    return sum(way in ("R", "AL") for way in ways) > sum(way == "L" for way in ways)
