"""Which colour each character of a page takes, from values, labels and scales; paints nothing."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from rnnviz.core.colours.colour import MISSING, Bytes, Scale
from rnnviz.views.text.rows import Page

Values = npt.NDArray[np.floating]
Labels = npt.NDArray[np.generic]


def value_entries(
    page: Page, values: Values, walked: int, scale: Scale, ahead: tuple[Values, int] | None = None
) -> Bytes:
    """The entry of each character, and `MISSING` after the last, (n + 1,).

    Args:
        values: (T,), of which the first `walked` are there.
        ahead: values of a preview, and the character of the first.
    """
    entries = np.full(page.stop - page.start + 1, MISSING, np.uint8)
    for part, first, last in ((values, 0, walked), (*(ahead or (values[:0], 0)), page.stop)):
        start = max(page.start, first, 0 if part is values else walked)
        stop = min(page.stop, last, first + len(part))
        if stop > start:
            there = np.asarray(part[start - first : stop - first])
            entries[start - page.start : stop - page.start] = scale.index(there)
    return entries


def label_scale(labels: Labels | None) -> Scale | None:
    """How labels become shades: one for true, more for more of a number."""
    if labels is None:
        return None
    if labels.dtype == np.bool_:
        return Scale(0.0, 1.0, "label")
    part = np.asarray(labels[:: max(1, len(labels) >> 20)], np.float32)
    part = part[np.isfinite(part)]
    low, high = (float(part.min()), float(part.max())) if part.size else (0.0, 1.0)
    return Scale(min(low, 0.0), max(high, low + 1e-6), "label")


def label_entries(page: Page, labels: Labels, scale: Scale) -> Bytes:
    """The entry of each character's label, and `MISSING` after the last, (n + 1,)."""
    entries = np.full(page.stop - page.start + 1, MISSING, np.uint8)
    part = np.asarray(labels[page.start : page.stop])
    found = scale.index(part.astype(np.float32))
    entries[: len(part)] = np.where(part, found, MISSING) if part.dtype == np.bool_ else found
    return entries
