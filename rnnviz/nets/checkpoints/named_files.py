"""Files that a model's file names as its other parts: only those in its own folder are read."""

from __future__ import annotations

from io import BufferedReader
from pathlib import Path, PurePosixPath

from rnnviz.core.errors import ModelFileError
from rnnviz.core.files.reading import open_regular


def read_named_file(path: Path, named: object, most: int, start: int = 0) -> bytes:
    """What the file of this name beside `path`, or in a folder below, holds.

    Args:
        named: what the model's file says; anything.
        most: so many bytes of it at most.
        start: where they begin.

    Raises:
        ModelFileError: it is elsewhere or cannot be read; the message names it.
    """
    words = named if isinstance(named, str) else ""
    place = PurePosixPath(words)
    harmless = words.isprintable() and not place.is_absolute() and ".." not in place.parts
    if not harmless or not place.parts or "\\" in words or ":" in words:
        raise ModelFileError(
            f"{path.name} asks for {str(named)[:80]!r}; only files beside it, in its own folder, "
            "are read"
        )
    file = path.parent.joinpath(*place.parts)
    try:
        if not file.resolve().is_relative_to(path.parent.resolve()):
            raise ModelFileError(
                f"{path.name} asks for {words[:80]!r}, a link out of its folder; only files beside "
                "it, in its own folder, are read"
            )
        with BufferedReader(open_regular(file)) as found:
            found.seek(start)
            return found.read(most)
    except (OSError, OverflowError, RuntimeError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is a link to itself"
        raise ModelFileError(
            f"{path.name} keeps numbers in {words[:80]}, which cannot be read ({why}); put it "
            "beside it"
        ) from error
