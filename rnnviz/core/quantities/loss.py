"""A loss per character in the three ways in which people quote it."""

from __future__ import annotations

import math

_LARGE = 1e6


def bits(nats: float) -> float:
    """The same loss in bits: nats / ln 2.

    >>> round(bits(math.log(2)), 6)
    1.0
    """
    return nats / math.log(2)


def perplexity(nats: float) -> float:
    """Between how many equally likely characters the model seems to waver: e ** nats.

    >>> round(perplexity(math.log(5)), 6)
    5.0
    """
    return math.exp(nats) if nats < 700 else math.inf


def loss_in_words(nats: float, of: str = "character") -> str:
    """All three in a line.

    >>> loss_in_words(1.2)
    '1.200 nats = 1.731 bits per character, perplexity 3.32'
    """
    wavers = perplexity(nats)
    shown = f"{wavers:.2f}" if wavers < _LARGE else f"{wavers:.3g}"
    return f"{figure(nats)} nats = {figure(bits(nats))} bits per {of}, perplexity {shown}"


def figure(loss: float) -> str:
    """Three decimals; a loss that exploded is written by its powers of ten.

    >>> figure(1.2), figure(3.4e30)
    ('1.200', '3.4e+30')
    """
    return f"{loss:.3f}" if abs(loss) < _LARGE else f"{loss:.3g}"


def training_loss_in_words(loss: float, unit: str) -> str:
    """The loss of a training as people quote it: not every loss is one of predictions.

    Args:
        unit: what it is the mean over; empty where it is in no nats.

    >>> training_loss_in_words(0.1667, "")
    '0.1667'
    """
    return loss_in_words(loss, unit) if unit else f"{loss:.4f}"
