"""Jobs on classifiers: what texts are, and what each word did to the verdict."""

from __future__ import annotations

import msgspec

from rnnviz.work.jobs.given import ModelGiven, TextGiven
from rnnviz.work.messages import Request


class DocumentVerdict(msgspec.Struct, frozen=True):
    """What one document was found to be."""

    start: int
    """Where it begins in the text,"""
    stop: int
    """and where it ends."""
    verdict: str
    """The likeliest class."""
    p: tuple[float, ...]
    """The probability of each class."""
    label: str = ""
    """What it is said to be; empty where nothing is said."""


class Verdicts(msgspec.Struct, frozen=True):
    """What the documents of a text were found to be."""

    classes: tuple[str, ...]
    documents: tuple[DocumentVerdict, ...]


class Classify(Request[None, Verdicts], frozen=True, kw_only=True):
    """Say what each document of a text is."""

    model: ModelGiven
    text: TextGiven


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """What each of T words of a document did to the log-odds of a class, in nats."""

    of_class: str
    log_odds: float
    """log p / (1 - p) of the class."""
    zero_log_odds: float
    """Of as many zero vectors, where integrated gradients begin."""
    spans: tuple[tuple[int, int], ...]
    """(T, 2) where each word stands in the text."""
    gradient_x_input: tuple[float, ...]
    integrated_gradients: tuple[float, ...]
    left_out: tuple[float, ...]
    attention: tuple[float, ...] | None
    """How much the readout looks at each word; None without attention."""
    running: tuple[float, ...]
    """The probability of the class after each word; NaN where it was not found."""


class ExplainVerdict(Request[None, Explained], frozen=True, kw_only=True):
    """Say what each word of one document of a text did to the verdict."""

    model: ModelGiven
    text: TextGiven
    document: int = 0
    """Its number, from 0."""
    of_class: str = ""
    """Whose log-odds; empty for the class that is found likeliest."""
