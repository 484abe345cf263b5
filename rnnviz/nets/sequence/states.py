"""What everybody may do with a state without knowing what it means.

A state is a tensor whose first axis is B, or a tuple of states: of one layer, of all layers of a
network, of an encoder and a decoder. It may grow from step to step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

import torch
from torch import Tensor

S = TypeVar("S")
"""A state of any form: what comes back has the form of what went in."""


def each(state: S, change: Callable[[Tensor], Tensor]) -> S:
    """The same state with every tensor changed."""
    anything: Any = state
    if isinstance(anything, Tensor):
        return change(anything)  # type: ignore[return-value]
    return tuple(each(part, change) for part in anything)  # type: ignore[return-value]


def detached(state: S) -> S:
    """Cut from the graph: where truncated back-propagation stops."""
    return each(state, Tensor.detach)


def copied(state: S) -> S:
    """A copy that shares no memory."""
    return each(state, lambda part: part.detach().clone(memory_format=torch.contiguous_format))


def rows(state: S, chosen: Tensor | slice) -> S:
    """The streams of these rows, in this order; one may be chosen several times."""
    return each(state, lambda part: part[chosen])


def floats(state: S, dtype: torch.dtype) -> S:
    """With numbers of this precision; what counts stays whole."""
    return each(state, lambda part: part.to(dtype) if part.is_floating_point() else part)


def on(state: S, device: torch.device) -> S:
    """On this device."""
    return each(state, lambda part: part.to(device))


def size_bytes(state: Any) -> int:
    """How much memory it takes."""
    return sum(part.nbytes for _, part in named(state))


def named(state: Any, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
    """Every tensor with a name for a file: its places, `0.1` for the second part of the first."""
    if isinstance(state, Tensor):
        yield prefix, state
        return
    for place, part in enumerate(state):
        yield from named(part, f"{prefix}.{place}" if prefix else str(place))


def restored(tensors: Mapping[str, Tensor], like: S, prefix: str = "") -> S:
    """The state that `named` gave these tensors of, in the form of another one.

    Raises:
        KeyError: a tensor is missing.
        ValueError: one is no state of the same network: another type, or another size where `like`
            has not nothing yet.
    """
    anything: Any = like
    if not isinstance(anything, Tensor):
        return tuple(  # type: ignore[return-value]
            restored(tensors, part, f"{prefix}.{place}" if prefix else str(place))
            for place, part in enumerate(anything)
        )
    found = tensors[prefix]
    same = found.dtype == anything.dtype and found.dim() == anything.dim()
    if not same or any(a not in (0, b) for a, b in zip(anything.shape, found.shape, strict=True)):
        raise ValueError(f"the state {prefix} has another form")
    return found.to(anything.device)  # type: ignore[return-value]
