"""What a person or a file manager gives for a file: a path, or its `file:` address."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote

from rnnviz.core.errors import TextError


def given_path(words: str) -> Path:
    """The path meant by these words; a type for argparse.

    File managers hand over `file:///home/ada/a%20text.txt`. What exists under that very name is
    taken as it is written; an address of another machine, or one that names none, stays what it
    is and is then found nowhere.

    Raises:
        TextError: a name in it is not UTF-8, so that no recording, run or page could name it.

    >>> str(given_path("file:///tmp/a%20text.txt"))
    '/tmp/a text.txt'
    >>> str(given_path("100%25.txt"))
    '100%25.txt'
    """
    path = Path(words)
    for named in (words, "" if path.is_absolute() else _here()):
        if any("\udc80" <= letter <= "\udcff" for letter in named):
            raise TextError(
                f"the name {named} is not written in UTF-8, in which files here name each other; "
                "rename it, or copy what it holds to a name that is"
            )
    if words and path.name in ("", ".."):
        return path.resolve()  # so that it has a name in messages
    if not words.lower().startswith("file:/") or os.path.exists(path):  # noqa: PTH110
        return path
    rest = words[len("file:") :]
    if rest.startswith("//"):
        machine, slash, rest = rest[2:].partition("/")
        if machine.lower() not in ("", "localhost"):
            return path
        rest = slash + rest
    found = unquote(rest, errors="surrogateescape")
    # A drive's letter stands behind a slash: `file:///C:/runs`.
    return Path(found[1:] if os.name == "nt" and found[2:3] == ":" else found)


def _here() -> str:
    """The folder that paths begin at; empty where it was deleted."""
    try:
        return os.getcwd()  # noqa: PTH109
    except OSError:
        return ""
