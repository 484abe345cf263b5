"""Settings that several tasks ask for in the same words."""

from __future__ import annotations

from rnnviz.core.training_tasks.field import Choice, File, Real, Switch, Whole

READOUTS = {
    "last": "The last state",
    "mean": "The mean of all states",
    "max": "The maximum of each unit",
    "attention": "What attention weighs",
}
"""What an answer to a whole sequence is given from."""
_UNITS = {"words": "Words", "subwords": "Subwords", "characters": "Characters"}


def tokens(*units: str, words: str = "What a step reads") -> Choice:
    """What a step reads; the first is usual."""
    choices = {unit: _UNITS[unit] for unit in units}
    return Choice(name="tokens", title="Tokens", help=words, default=units[0], choices=choices)


def vocabulary(words: str, default: int, *, low: int = 8, high: int = 1_000_000) -> Whole:
    """How many tokens are known at most."""
    return Whole(
        name="vocabulary", title="Vocabulary", help=words, default=default, low=low, high=high
    )


def lower(what: str, *, default: bool = False) -> Switch:
    """Whether what is read is put in lower case."""
    words = f"{what} put in lower case first"
    return Switch(name="lower", title="Lower case", help=words, default=default)


def batch_tokens(of: str) -> Whole:
    """Batches of so many places."""
    return Whole(
        name="batch_tokens",
        title="Tokens a batch",
        help="Above 0, a batch has so many places, filling counted, instead of a number of " + of,
        default=0,
        high=10_000_000,
        special=f"by {of}",
    )


def longest(words: str, default: int, low: int, high: int) -> Whole:
    """More tokens than these are not trained on at once."""
    return Whole(
        name="longest",
        title="Longest",
        help=words,
        default=default,
        low=low,
        high=high,
        suffix=" tokens",
    )


def word_vectors(name: str = "vectors", title: str = "Word vectors", words: str = "") -> File:
    """What an embedding begins with."""
    return File(
        name=name,
        title=title,
        help=words or "A word2vec or GloVe text file whose vectors the embedding begins with",
        choose="Choose a file of word vectors",
    )


def share(name: str, title: str, words: str, *, high: float, step: float = 0.01) -> Real:
    """A share that is 0 where nothing is done."""
    return Real(
        name=name,
        title=title,
        help=words,
        default=0.0,
        high=high,
        smallest_step=step,
        special="none",
    )
