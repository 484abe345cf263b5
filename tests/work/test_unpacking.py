"""What a machine may send of a run, and what is refused: nothing is written outside its place."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from rnnviz.work import unpacking
from rnnviz.work.unpacking import RefusedArchiveError, unpack


def archive(*entries: tuple[str, bytes | tarfile.TarInfo]) -> io.BytesIO:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as made:
        for name, content in entries:
            if isinstance(content, tarfile.TarInfo):
                content.name = name
                made.addfile(content)
                continue
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(content), 1_700_000_000
            made.addfile(entry, io.BytesIO(content))
    stream.seek(0)
    return stream


def special(kind: bytes, target: str = "", size: int = 0) -> tarfile.TarInfo:
    entry = tarfile.TarInfo()
    entry.type, entry.linkname, entry.size = kind, target, size
    return entry


def everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "outside" / "mirror"
    made.mkdir(parents=True)
    return made


def test_a_run_is_unpacked_into_its_places(folder: Path) -> None:
    (folder / "run.json").write_text("old")
    stream = archive(
        ("run.json", b"{}"),
        ("arrays", special(tarfile.DIRTYPE)),
        ("arrays/steps.f32", bytes(100_000)),
        ("checkpoints/.latest.safetensors.1-2.part", b"half"),
        ("checkpoints/latest.safetensors", b"weights" * 10_000),
    )
    unpack(stream, folder)
    assert everything(folder) == {
        "run.json", "arrays", "arrays/steps.f32", "checkpoints", "checkpoints/latest.safetensors",
    }  # fmt: skip
    assert (folder / "run.json").read_text() == "{}"
    latest = folder / "checkpoints" / "latest.safetensors"
    assert latest.read_bytes() == b"weights" * 10_000
    assert latest.stat().st_mtime == 1_700_000_000


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("../run.json", b"out"),
        ("/tmp/run.json", b"out"),
        ("arrays/../../run.json", b"out"),
        ("checkpoints/..", b"out"),
        ("checkpoints/a/b.safetensors", b"deep"),
        ("remote.json", b'{"address": "evil:/"}'),
        ("events.jsonl", b"not by this way"),
        ("lock", b"{}"),
        ("arrays/a\nb", b"name"),
        ("run.json", special(tarfile.SYMTYPE, "/etc/passwd")),
        ("checkpoints/latest.safetensors", special(tarfile.LNKTYPE, "../../x")),
        ("arrays", special(tarfile.SYMTYPE, "/tmp")),
        ("arrays/steps.f32", special(tarfile.CHRTYPE)),
        ("arrays/steps.f32", special(tarfile.FIFOTYPE)),
        ("arrays/steps.f32", special(tarfile.BLKTYPE)),
    ],
)
def test_what_belongs_elsewhere_is_refused(
    folder: Path, name: str, content: bytes | tarfile.TarInfo
) -> None:
    with pytest.raises(RefusedArchiveError):
        unpack(archive((name, content)), folder)
    assert everything(folder.parent) == {"mirror"}


def test_a_link_that_lies_there_already_is_not_written_through(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir()
    (folder / "arrays").symlink_to(folder.parent / "elsewhere")
    with pytest.raises(RefusedArchiveError, match="is a link"):
        unpack(archive(("arrays/steps.f32", b"1234")), folder)
    (folder / "run.json").symlink_to(folder.parent / "elsewhere" / "run.json")
    unpack(archive(("run.json", b"{}")), folder)
    assert not (folder / "run.json").is_symlink()
    assert everything(folder.parent / "elsewhere") == set()


class Endless(io.RawIOBase):
    """A header that claims a size, and then as many bytes as anybody wants."""

    def __init__(self, header: bytes) -> None:
        self._header, self.given = header, 0

    def read(self, size: int = -1) -> bytes:
        assert size >= 0
        piece, self._header = self._header[:size], self._header[size:]
        piece += b"x" * (size - len(piece))
        self.given += len(piece)
        return piece


def test_sizes_are_bounded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    long_name = special(tarfile.GNUTYPE_LONGNAME, size=1 << 33)
    long_name.name = "././@LongLink"
    stream = Endless(long_name.tobuf(tarfile.GNU_FORMAT))
    with pytest.raises(RefusedArchiveError, match="header"):
        unpack(stream, folder)
    assert stream.given < 1 << 21
    with pytest.raises(RefusedArchiveError, match="no part of a run"):
        unpack(archive(("run.json", bytes(unpacking.SMALL_BYTES + 1))), folder)
    huge = special(tarfile.REGTYPE, size=1 << 40)
    huge.name = "checkpoints/latest.safetensors"
    with pytest.raises(RefusedArchiveError, match="more came"):
        unpack(Endless(huge.tobuf(tarfile.GNU_FORMAT)), folder)
    monkeypatch.setattr(unpacking, "SPARE_BYTES", 1 << 60)
    with pytest.raises(OSError, match="no room"):
        unpack(archive(("arrays/steps.f32", b"1234")), folder)
    assert everything(folder) <= {"arrays", "checkpoints"}


def test_an_archive_that_breaks_off_leaves_nothing_half(folder: Path) -> None:
    whole = archive(("arrays/steps.f32", bytes(50_000))).getvalue()
    with pytest.raises((tarfile.TarError, RefusedArchiveError)):
        unpack(io.BytesIO(whole[:20_000]), folder)
    assert everything(folder) == {"arrays"}
