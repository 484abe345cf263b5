"""Stories with all that they need in one file: a zip of the stories, their models and their texts.

What ships with rnnviz is named, not packed. A pack comes from anybody: only members of known names
are taken, each into a file of its own below one folder, and never more than `LARGEST_BYTES`.
"""

from __future__ import annotations

import io
import lzma
import os
import re
import shutil
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

import msgspec

from rnnviz.core.errors import FindingError
from rnnviz.core.files.reading import open_regular
from rnnviz.core.files.writing import replacing
from rnnviz.core.stories.story import (
    LARGEST_FILE,
    Stories,
    Story,
    checked,
    is_bare,
    to_be_shared,
    told_here,
)
from rnnviz.core.system.identity import digest
from rnnviz.core.system.ready_types import ready

SUFFIX = ".rnnviz"
LARGEST_BYTES = 1 << 33
_LIST = "stories.json"
_NOT_PLAIN = re.compile(r"[^\w .,()+@=-]")
_LONGEST_NAME = 100
_ANY_SHARE, _LITTLE_BYTES = 100, 1 << 26
"""No text packs to less than such a part of itself; of little nobody asks."""
_SPARE_BYTES = 1 << 28
"""So much of the disk stays free."""
_MEMBER = re.compile(r"(models|texts)/[0-9a-f]{8}-[^/\\\0]{1,120}")


_DAMAGE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, ValueError, RuntimeError
)  # fmt: skip
"""What a damaged, an encrypted or an unheard-of archive brings while it is unpacked."""


def write_pack(path: Path, stories: Stories) -> None:
    """Write stories and every model and text that does not ship.

    Raises:
        FindingError: a model or a text is gone, or the pack cannot be written.
    """
    members: dict[str, Path] = {}

    def packed(file: str, folder: str) -> str:
        if not file or is_bare(file):
            return file
        source = Path(file)
        member = f"{folder}/{digest(str(source.resolve()))[:8]}-{_plain(source.name)}"
        members[member] = source
        return member

    moved = []
    for story in map(to_be_shared, stories.stories):
        finding = story.finding
        if finding is not None:
            finding = msgspec.structs.replace(
                finding,
                model_path=packed(finding.model_path, "models"),
                text_path=packed(finding.text_path, "texts"),
            )
        moved.append(
            msgspec.structs.replace(
                story,
                finding=finding,
                stages=tuple(
                    msgspec.structs.replace(stage, model=packed(stage.model, "models"))
                    for stage in story.stages
                ),
                networks=tuple(packed(one, "models") for one in story.networks),
                model=packed(story.model, "models"),
            )
        )
    listed = msgspec.structs.replace(stories, stories=tuple(moved))
    try:
        with replacing(path) as beside, _archive(beside) as archive:
            archive.writestr(_LIST, msgspec.json.encode(listed), zipfile.ZIP_DEFLATED)
            for member, source in members.items():
                kind = zipfile.ZIP_DEFLATED if member.startswith("texts") else zipfile.ZIP_STORED
                _pack(archive, source, member, kind)
    except FileNotFoundError as error:
        raise FindingError(f"{error.filename} is gone; its stories cannot be packed") from error
    except OSError as error:
        raise FindingError(f"cannot write {path}: {error.strerror}") from error


def _archive(path: Path) -> zipfile.ZipFile:
    """A new archive; a file that was changed before 1980 is said to be of then."""
    return zipfile.ZipFile(path, "w", strict_timestamps=False)


def _pack(archive: zipfile.ZipFile, source: Path, member: str, compression: int) -> None:
    """Put a regular file into an archive: a list of stories may name anything.

    Raises:
        FindingError: it is no file, cannot be read, or is larger than what is unpacked.
    """
    try:
        file = open_regular(source)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise FindingError(f"{source} cannot be packed: {error.strerror}") from error
    with io.BufferedReader(file) as found:
        if (size := os.fstat(file.fileno()).st_size) > LARGEST_BYTES:
            raise FindingError(
                f"{source} cannot be packed: of its {size:,} bytes at most {LARGEST_BYTES:,} would "
                "be unpacked"
            )
        entry = zipfile.ZipInfo.from_file(source, member, strict_timestamps=False)
        entry.compress_type = compression
        with archive.open(entry, "w") as packed:
            shutil.copyfileobj(found, packed)


def _plain(name: str) -> str:
    r"""The end of a file's name, such as any system can unpack it.

    >>> _plain("a\\b: c\n\udcff.safetensors")
    'a_b_ c__.safetensors'
    """
    kept = _NOT_PLAIN.sub("_", name)
    while len(kept.encode()) > _LONGEST_NAME:
        kept = kept[1:]
    return kept


def is_pack(path: Path) -> bool:
    """Whether this is a zip that holds stories."""
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            return _LIST in archive.namelist()
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError):
        return False


def unpack(path: Path, folder: Path) -> Stories:
    """The stories of a pack, with their models and texts below `folder`.

    Raises:
        FindingError: it is damaged, holds something else, or is too large.
    """
    try:
        with open_regular(path) as file, zipfile.ZipFile(file) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            if sizes.get(_LIST, LARGEST_FILE + 1) > LARGEST_FILE:
                raise FindingError(f"{path.name} holds no list of stories")
            with archive.open(_LIST) as listed:
                content = listed.read(LARGEST_FILE)
            found = checked(msgspec.json.decode(content, type=ready(Stories)), path.name)
            target = folder / digest(content)[:16]
            wanted = {name for story in found.stories for name in _members(story)}
            for name in wanted:
                if not _MEMBER.fullmatch(name) or name not in sizes:
                    raise FindingError(f"{path.name} lacks {PurePosixPath(name).name!r}")
            total = sum(sizes[name] for name in wanted)
            if total > LARGEST_BYTES:
                raise FindingError(f"{path.name} unpacks to more than {LARGEST_BYTES:,} bytes")
            if total > _ANY_SHARE * path.stat().st_size + _LITTLE_BYTES:
                raise FindingError(
                    f"{path.name} would unpack to {total:,} bytes, far more than models and texts "
                    "pack; it is not unpacked"
                )
            folder.mkdir(parents=True, exist_ok=True)
            if shutil.disk_usage(folder).free < total + _SPARE_BYTES:
                raise FindingError(f"the {total:,} bytes of {path.name} have no room in {folder}")
            for name in wanted:
                _extract(archive, name, sizes[name], target / name)
    except OSError as error:
        raise FindingError(f"cannot read {path}: {error.strerror or error}") from error
    except (*_DAMAGE, msgspec.MsgspecError) as error:
        raise FindingError(f"{path.name} is damaged: {error}") from error
    placed = tuple(_placed(story, target) for story in found.stories)
    return msgspec.structs.replace(found, stories=placed)


def _members(story: Story) -> tuple[str, ...]:
    """What of its files is in the pack: all that is no bare name."""
    named = [*story.model_files]
    if story.finding is not None:
        named.append(story.finding.text_path)
    return tuple(path for path in named if path and not is_bare(path))


def _extract(archive: zipfile.ZipFile, name: str, size: int, target: Path) -> None:
    if target.exists() and target.stat().st_size == size:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        replacing(target) as beside,
        archive.open(name) as source,
        tempfile.TemporaryFile() as spool,
    ):
        left = size
        # The size in the list may lie: no more than it says is ever written.
        while left and (piece := source.read(min(left, 1 << 20))):
            spool.write(piece)
            left -= len(piece)
        spool.seek(0)
        with beside.open("wb") as file:
            shutil.copyfileobj(spool, file)


def _placed(story: Story, folder: Path) -> Story:
    """The same story, its files where they were unpacked or where they ship."""

    def here(path: str) -> str:
        return path if not path or is_bare(path) else str(folder / path)

    finding = story.finding
    if finding is not None:
        finding = msgspec.structs.replace(
            finding, model_path=here(finding.model_path), text_path=here(finding.text_path)
        )
        if finding.text_path and Path(finding.text_path).is_absolute():
            finding = msgspec.structs.replace(finding, text_name=Path(finding.text_path).name)
    return told_here(
        msgspec.structs.replace(
            story,
            finding=finding,
            stages=tuple(
                msgspec.structs.replace(stage, model=here(stage.model)) for stage in story.stages
            ),
            networks=tuple(here(path) for path in story.networks),
            model=here(story.model),
        )
    )
