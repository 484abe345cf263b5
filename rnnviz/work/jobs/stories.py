"""Jobs on stories: putting them on one page, each drawn with its own models and texts."""

from __future__ import annotations

import msgspec

from rnnviz.core.stories.story import Story
from rnnviz.work.messages import Request


class StoriesWritten(msgspec.Struct, frozen=True):
    """A web page of stories."""

    stories: int
    left_out: tuple[str, ...] = ()
    """Of those that cannot be told again, why: `“title”: its text is gone`."""


class WriteStoriesPage(Request[None, StoriesWritten], frozen=True, kw_only=True):
    """Write stories onto one page that needs nothing else, in their order."""

    stories: tuple[Story, ...]
    path: str
    title: str = ""
