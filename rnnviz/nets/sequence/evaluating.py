"""A network as it is when it is asked, in the middle of its training too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluating(model: nn.Module) -> Iterator[None]:
    """Nothing is dropped within; behind it the model is in the mode in which it was."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)
