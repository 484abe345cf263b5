"""What a captured model read, as a sequence that people see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from rnnviz.core.errors import RecordingError
from rnnviz.core.sequences import base
from rnnviz.core.sequences.documents import Documents
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.tokens import Tokens

Steps = (
    str | Sequence[str] | Sequence[Sequence[str]] | npt.NDArray[Any] | Sequence[Any] | Tensor | None
)
"""Characters, tokens or numbers of one sequence, or a list of these for a batch."""
Lengths = tuple[int, ...]


def sequence_of(steps: Steps, lines: Sequence[Lengths]) -> tuple[base.Sequence, Lengths]:
    """The sequence of a recording, and the lengths of the documents that `steps` are of.

    Args:
        lines: the lengths of the documents of each group of modules that read the same; all of
            them follow each other.

    Raises:
        RecordingError: `steps` are of other lengths than anything that was read.
    """
    lengths = [length for line in lines for length in line]
    if steps is None:
        return _tokens([[str(step) for step in range(length)] for length in lengths]), lines[0]
    numbers = _numbers(steps)
    named = [] if numbers is not None else _words(steps, lines)
    wanted = tuple(len(one) for one in (named if numbers is None else numbers))
    if wanted not in lines:
        read = " and ".join(_in_words(line) for line in lines)
        raise RecordingError(
            f"steps= names sequences of {_in_words(wanted)} steps, and the model read sequences of "
            f"{read} steps; name one step for each that it read, filling left out"
        )
    if numbers is not None:
        return _as_numbers(numbers, lines, wanted), wanted
    parts: list[Sequence[str]] = []
    for line in lines:
        parts += named if line == wanted else [[str(s) for s in range(n)] for n in line]
    if isinstance(steps, str) and len(lines) == 1:
        return Text.of(steps, "captured"), wanted
    return _tokens(parts, joined=isinstance(steps, str) or _strings(steps, wanted)), wanted


def _in_words(line: Lengths) -> str:
    shown = ", ".join(map(str, line[:8]))
    return shown + ", ..." * (len(line) > 8)


def _numbers(steps: Any) -> list[npt.NDArray[np.float32]] | None:
    """Arrays (T, F), one a document; None where the steps are words."""
    if hasattr(steps, "detach"):
        steps = steps.detach().cpu().numpy()
    if isinstance(steps, np.ndarray) and steps.dtype.kind in "fiub":
        each = list(steps) if steps.ndim == 3 else [steps]
    elif isinstance(steps, Sequence) and steps and hasattr(steps[0], "shape"):
        each = [one.detach().cpu().numpy() if hasattr(one, "detach") else one for one in steps]
    else:
        return None
    found = [np.asarray(one, np.float32) for one in each]
    return [one[:, None] if one.ndim == 1 else one for one in found]


def _words(steps: Any, lines: Sequence[Lengths]) -> list[Sequence[str]]:
    if isinstance(steps, str):
        return [steps]
    listed = list(steps)
    if all(isinstance(one, str) for one in listed):
        lengths = tuple(map(len, listed))
        # A list of strings names the tokens of one sequence, or the characters of several.
        if (len(listed),) not in lines and lengths in lines:
            return listed
        return [listed]
    return [list(map(str, one)) for one in listed]


def _strings(steps: Any, wanted: Lengths) -> bool:
    return all(isinstance(one, str) for one in steps) and tuple(map(len, steps)) == wanted


def _tokens(documents: Sequence[Sequence[str]], joined: bool = False) -> Tokens:
    """Tokens with blanks between them, or characters without; a line each document."""
    vocabulary = tuple(sorted({token for document in documents for token in document}))
    places = {token: place for place, token in enumerate(vocabulary)}
    text: list[str] = []
    spans: list[tuple[int, int]] = []
    ids: list[int] = []
    at = 0
    for document in documents:
        for place, token in enumerate(document):
            blank = 0 if joined or not place else 1
            text.append(" " * blank + token)
            spans.append((at + blank, at + blank + len(token)))
            ids.append(places[token])
            at += blank + len(token)
        text.append("\n")
        at += 1
    return Tokens(
        np.array(ids, np.uint32),
        np.array(spans, np.int64).reshape(-1, 2),
        Text.of("".join(text), "captured"),
        vocabulary,
        Documents.of_lengths([len(document) for document in documents]),
    )


def _as_numbers(
    numbers: Sequence[npt.NDArray[np.float32]], lines: Sequence[Lengths], wanted: Lengths
) -> Numbers:
    width = numbers[0].shape[1]
    parts: list[npt.NDArray[np.float32]] = []
    for line in lines:
        missing = [np.full((length, width), np.nan, np.float32) for length in line]
        parts += list(numbers) if line == wanted else missing
    return Numbers(
        np.concatenate(parts),
        tuple(f"{column + 1}" for column in range(width)),
        "captured",
        documents=Documents.of_lengths([len(part) for part in parts]),
    )
