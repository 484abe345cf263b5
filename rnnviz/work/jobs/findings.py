"""Jobs on findings: putting them on one page, each with the data it was made with."""

from __future__ import annotations

import msgspec

from rnnviz.core.cells.finding import Finding
from rnnviz.work.messages import Request


class PageWritten(msgspec.Struct, frozen=True):
    """A web page of findings."""

    findings: int
    left_out: tuple[str, ...] = ()
    """Of those that cannot be shown again, why: `“title”: its text is gone`."""


class WriteFindingsPage(Request[None, PageWritten], frozen=True, kw_only=True):
    """Write findings on any models and texts onto one page, each drawn with its own model's data.

    What was recorded is taken where it is at hand; else the text is walked, as far as is needed.
    """

    findings: tuple[Finding, ...]
    path: str
    title: str = ""
    recordings: tuple[str, ...] = ()
    """Folders of recordings that may be of some of them."""
