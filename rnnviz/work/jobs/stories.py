"""Jobs on stories: putting them on one page, or with all that they need into one file."""

from __future__ import annotations

import msgspec

from rnnviz.core.stories.story import Stories, Story
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


class PackStories(Request[None, None], frozen=True, kw_only=True):
    """Write stories with every model and text that does not ship into one file."""

    stories: Stories
    path: str


class UnpackStories(Request[None, Stories], frozen=True, kw_only=True):
    """Read such a file; its models and texts are written below the folder."""

    path: str
    folder: str
