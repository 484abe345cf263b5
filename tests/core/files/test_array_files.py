"""Arrays of numpy's files: read as they are, or refused before memory is taken for a claim."""

import io
import struct
import zipfile

import numpy as np
import pytest

from rnnviz.core.files.array_files import read_array, read_arrays


def npy(array) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def with_header(header: str, data: bytes = b"") -> bytes:
    text = header.encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + data


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12, dtype=np.float32).reshape(3, 4),
        np.asfortranarray(np.arange(12).reshape(3, 4)),
        np.zeros((0, 5), np.uint8),
        np.array(3.5),
        np.array([True, False]),
    ],
)
def test_arrays_come_back_as_they_were(tmp_path, array):
    np.save(tmp_path / "a.npy", array)
    found = read_array(tmp_path / "a.npy")
    assert (found.dtype, found.shape) == (array.dtype, array.shape)
    assert np.array_equal(found, array)
    np.savez(tmp_path / "a.npz", one=array, two=array)
    assert {name: each.tolist() for name, each in read_arrays(tmp_path / "a.npz").items()} == {
        "one": array.tolist(),
        "two": array.tolist(),
    }


HEADER = "{{'descr': {}, 'fortran_order': False, 'shape': {}}}"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\x09\x00\x10\x00",
        with_header(HEADER.format("'<f8'", "(1000000000000,)"), bytes(8)),
        with_header(HEADER.format("'<f8'", "(-1,)"), bytes(8)),
        with_header(HEADER.format("'<f8'", "(2**70,)"), bytes(8)),
        with_header(HEADER.format("'O'", "(1,)"), bytes(8)),
        with_header(HEADER.format("[('a', '<f8')]", "(1,)"), bytes(8)),
        with_header("(" * 3000),
        with_header("{"),
        npy(np.arange(100))[:-1],
        npy(np.array([object()], dtype=object).astype(str).astype(object)),
    ],
)
def test_damage_and_harm_are_refused(tmp_path, content):
    (tmp_path / "a.npy").write_bytes(content)
    with pytest.raises(ValueError):  # noqa: PT011 - the reasons differ, the kind is what callers catch
        read_array(tmp_path / "a.npy")


def test_a_small_archive_does_not_unpack_to_a_large_array(tmp_path):
    np.savez_compressed(tmp_path / "bomb.npz", a=np.zeros(10_000_000, np.uint8))
    with pytest.raises(ValueError, match="is compressed"):
        read_arrays(tmp_path / "bomb.npz")
    with zipfile.ZipFile(tmp_path / "many.npz", "w") as archive:
        for number in range(300):
            archive.writestr(f"{number}.npy", npy(np.arange(3)))
    with pytest.raises(ValueError, match="300 arrays"):
        read_arrays(tmp_path / "many.npz")


@pytest.mark.parametrize("flag", [0x01, 0x20, 0x40], ids=["encrypted", "patched", "strong"])
def test_members_of_other_kinds_of_zip_are_refused(tmp_path, flag):
    """Whoever calls catches what damaged archives raise, and nothing else comes."""
    path = tmp_path / "a.npz"
    np.savez(path, a=np.arange(3))
    data = bytearray(path.read_bytes())
    listed = data.rindex(b"PK\x01\x02")
    data[listed + 8] |= flag
    path.write_bytes(data)
    with pytest.raises(zipfile.BadZipFile, match=r"a\.npy"):
        read_arrays(path)
