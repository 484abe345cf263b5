"""A file that anybody may have made costs neither time nor memory, and what is wrong is said."""

import os
import socket
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rnnviz.core.files.reading import (
    DamagedFileError,
    check_fits,
    decode_json,
    memory_left,
    open_regular,
    read_head,
    read_json,
    read_small,
)


class Facts(msgspec.Struct):
    name: str
    count: int = 0


def test_a_file_is_read_also_through_a_link(tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    (tmp_path / "b").symlink_to("a")
    assert read_small(tmp_path / "b") == b"content"
    assert read_small(tmp_path / "b", limit=7) == b"content"
    with open_regular(tmp_path / "a") as file:
        assert file.read(3) == b"con"
    assert read_head(tmp_path / "b", 3) == b"con"


def make(kind: str, path: Path) -> Any:
    if kind == "a folder":
        path.mkdir()
    elif kind == "a pipe":
        os.mkfifo(path)
    elif kind == "a device":
        path.symlink_to("/dev/zero")
    else:
        opened = socket.socket(socket.AF_UNIX)
        opened.bind(os.path.relpath(path))
        return opened
    return None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no such files on this system")
@pytest.mark.parametrize("kind", ["a folder", "a pipe", "a device", "a socket"])
def test_what_is_no_file_is_named(tmp_path, kind, monkeypatch):
    monkeypatch.chdir(tmp_path)
    opened = make(kind, tmp_path / "odd")
    for read in (open_regular, lambda path: read_head(path, 9), read_small, check_fits):
        with pytest.raises(OSError, match=f"it is {kind}, not a file"):
            read(tmp_path / "odd")
    if opened is not None:
        opened.close()


def test_loops_and_files_that_are_gone_are_errors_of_the_system(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    for name in ("a", "nothing"):
        with pytest.raises(OSError, match=r"Too many levels|No such file"):
            read_small(tmp_path / name)


def test_a_name_that_no_file_can_have_is_an_error_of_the_system(tmp_path):
    with pytest.raises(OSError, match="no file can have this name"):
        open_regular(tmp_path / "model\0.safetensors")


def test_sizes_are_bounded_before_anything_is_read(tmp_path):
    sparse = tmp_path / "sparse"
    with sparse.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(OSError, match="larger than the 16,777,216 bytes"):
        read_small(sparse)
    with pytest.raises(OSError, match=r"1,099.5 GB do not fit into the .* GB of memory left"):
        check_fits(sparse)
    assert 0 < memory_left() < 1 << 50


def test_a_file_of_the_system_says_no_size_and_is_read_to_the_limit():
    endless = Path("/proc/self/maps")
    assert read_small(endless)
    with pytest.raises(OSError, match="larger than the 100 bytes"):
        read_small(endless, limit=100)


def test_json_is_read_as_its_type(tmp_path):
    (tmp_path / "a.json").write_bytes(b'\xef\xbb\xbf{"name": "x", "count": 3, "more": []}')
    assert read_json(tmp_path / "a.json", Facts) == Facts("x", 3)
    assert read_json(tmp_path / "a.json")["count"] == 3
    assert decode_json(b'{"a": NaN}')["a"] != 0


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "Expecting value|truncated"),
        (b"\xff", "not UTF-8 at byte 0"),
        (b"[" * 1_000_000, "nested too deeply|Expected `object`"),
        (b'{"name": "x", "more": ' + b"[" * 1_000_000, "nested too deeply"),
        (b'{"name": "x", "count": 1180591620717411303424}', "64 bits|out of range"),
        (b'{"name": "x", "count": ' + b"9" * 10_000 + b"}", "digits|out of range"),
        (b'{"name": "x", "count": 1e400}', "Infinity|out of range|Expected `int`"),
        (b'{"name": 3}', "Expected `str`"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_reason(raw, said):
    with pytest.raises(DamagedFileError, match=said):
        decode_json(raw, Facts)
    if b"name" in raw and b": 3}" not in raw and b"1e400" not in raw:
        with pytest.raises(DamagedFileError, match=said):
            decode_json(raw)


def test_memory_that_may_be_taken_is_what_the_process_is_allowed(monkeypatch):
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1, 1))
    assert memory_left() == 0


@pytest.mark.parametrize(
    "raw", [b'["a", "\\ud83d", "\\ude00"]', b'["a", 1, "\\ud800"]', b'["a", 1' + b"0" * 30 + b"]"]
)
def test_halves_of_characters_and_endless_integers_are_refused_in_lists_too(raw: bytes) -> None:
    with pytest.raises(DamagedFileError):
        decode_json(raw)
    assert decode_json(b'["a", "\\ud83d\\ude00"]') == ["a", "\U0001f600"]
