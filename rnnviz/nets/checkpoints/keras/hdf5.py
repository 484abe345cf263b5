"""HDF5 files read so that nothing in them can do harm: h5py, which is optional, and bounds.

A file may name other files (external links, external storage, virtual data sets), claim sizes that
it does not have, or ask for filters that are loaded as plug-ins. None of these is followed.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor

from rnnviz.core.errors import ModelFileError, RnnvizError
from rnnviz.core.files.reading import memory_left, open_regular, read_head

MAGIC = b"\x89HDF\r\n\x1a\n"
_FILTERS = {"gzip", "shuffle", "fletcher32", "lzf", "szip", "scaleoffset", "nbit"}
_MOST_COMPRESSED = 1100
"""Zeros shrink to about a thousandth."""
_MOST_ATTRIBUTE = 1 << 26
_MOST_PIECES = 1 << 12
_LEAST_HEAP = 4096
_ENTRY = 16


class Group(Protocol):
    """What is used of `h5py.Group`; h5py ships no types."""

    attrs: Mapping[str, Any]

    def __contains__(self, name: str) -> bool: ...

    def __getitem__(self, name: str) -> Any: ...

    def __iter__(self) -> Iterator[str]: ...


def looks_like_hdf5(path: Path) -> bool:
    """Whether the file begins as HDF5 does."""
    return read_head(path, len(MAGIC)) == MAGIC


def h5py_for(file: str) -> Any:
    """The package h5py.

    Raises:
        ModelFileError: it is not installed; the message says how it is.
    """
    try:
        import h5py
    except ImportError as error:
        raise ModelFileError(
            f"{file} is an HDF5 file, as Keras writes its models; to read it the package h5py is "
            'needed: pip install "rnnviz[keras]"'
        ) from error
    return h5py


@contextmanager
def opened_hdf5(source: Path | bytes, file: str) -> Iterator[Group]:
    """The root of an HDF5 file on disk or in memory, as long as this lasts.

    Raises:
        ModelFileError: h5py is missing, or the file is damaged in any way.
    """
    h5py = h5py_for(file)
    _check_heaps(source, file)
    try:
        with h5py.File(BytesIO(source) if isinstance(source, bytes) else source, "r") as root:
            yield root
    except (RnnvizError, MemoryError):
        raise
    except Exception as error:
        raise ModelFileError(
            f"{file} is an HDF5 file that is damaged or was not copied whole ({_short(error)}); "
            "fetch it again"
        ) from error


def _check_heaps(source: Path | bytes, file: str) -> None:
    """Refuse heaps of texts whose entries lead nowhere: on some of these the library never ends.

    A collection is `GCOL`, its version, its size, and entries of 16 bytes (number, references,
    size) with their content, filled up to 8 bytes; number 0 is what is free (HDF5 file format,
    section III.E).
    """
    if isinstance(source, bytes):
        _walk_heaps(source, file)
        return
    with open_regular(source) as opened:
        if not os.fstat(opened.fileno()).st_size:
            return
        with mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
            _walk_heaps(content, file)


def _walk_heaps(content: bytes | mmap.mmap, file: str) -> None:
    begin = content.find(b"GCOL")
    while begin >= 0:
        size = int.from_bytes(content[begin + 8 : begin + 16], "little")
        real = content[begin + 4 : begin + 8] == b"\1\0\0\0" and size >= _LEAST_HEAP
        end, place = min(begin + size, len(content)), begin + 16
        while real and place + _ENTRY <= end:
            number = int.from_bytes(content[place : place + 2], "little")
            taken = int.from_bytes(content[place + 8 : place + 16], "little")
            needed = _ENTRY + (taken + 7) // 8 * 8 if number else taken
            if not 0 < needed <= end - place:
                raise ModelFileError(
                    f"{file} is an HDF5 file whose texts are damaged (at byte {place:,}); fetch it "
                    "again"
                )
            place += needed
        begin = content.find(b"GCOL", begin + 4)


def group_in(group: Group, name: str, file: str) -> Any:
    """What lies under this name, which may have slashes; None if nothing does.

    Raises:
        ModelFileError: it lies in another file.
    """
    h5py, found = h5py_for(file), group
    for part in filter(None, name.split("/")):
        if not isinstance(found, h5py.Group):
            return None
        link = found.get(part, getlink=True)
        if isinstance(link, h5py.ExternalLink):
            raise ModelFileError(
                f"{file} asks for another file ({link.filename!r}), which is not read; the file is "
                "damaged or made to harm"
            )
        if link is None or isinstance(link, h5py.SoftLink):
            return None
        found = found[part]
    return found


def tensor_in(group: Group, name: str, file: str) -> Tensor:
    """The array of weights under this name.

    Raises:
        ModelFileError: there is none, it is no array of floating-point numbers, or it claims a size
            that it does not have.
    """
    h5py, data = h5py_for(file), group_in(group, name, file)
    if not isinstance(data, h5py.Dataset):
        raise ModelFileError(
            f"{file} names the weights {name} and does not hold them; it is damaged"
        )
    _check_numbers(data.dtype, name, file)
    check_stored(data, name, file)
    found = np.asarray(data[()], order="C")
    if data.dtype.kind == "V":  # bfloat16, whose numbers h5py keeps as two bytes
        return torch.from_numpy(found.view(np.int16)).view(torch.bfloat16).float()
    own = found.astype(found.dtype.newbyteorder("="), copy=False)
    return torch.from_numpy(own).float()


def _check_numbers(dtype: Any, name: str, file: str) -> None:
    if dtype.kind == "f" and dtype.itemsize in (2, 4, 8):
        return
    if dtype.kind == "V" and dtype.itemsize == 2 and dtype.names is None:
        return
    raise ModelFileError(
        f"the weights {name} in {file} are of type {dtype}; only floating-point weights can be "
        "opened, so save the model before it is quantised"
    )


def check_stored(data: Any, name: str, file: str) -> None:
    """Refuse numbers that lie elsewhere, or more of them than the file can hold."""
    size = int(np.prod(data.shape, dtype=object)) * data.dtype.itemsize
    stored = int(data.id.get_storage_size())
    plist = data.id.get_create_plist()
    filters = [plist.get_filter(place)[0] for place in range(plist.get_nfilters())]
    elsewhere = data.is_virtual or plist.get_external_count() > 0
    if elsewhere or any(number > 6 and number != 32000 for number in filters):
        raise ModelFileError(
            f"{file} keeps the weights {name} in other files or in a way that needs a plug-in, "
            "which is not followed"
        )
    most = stored * (_MOST_COMPRESSED if filters else 1)
    if size > most or size > memory_left():
        raise ModelFileError(
            f"{file} claims {size:,} bytes for the weights {name} and holds {stored:,}; the file "
            "is damaged or made to harm"
        )


def text_in(group: Group, name: str, file: str) -> str:
    """The text of an attribute; empty if there is none. h5py gives it as text or as bytes."""
    if name not in group.attrs:
        return ""
    value = _attribute(group, name, file)
    if isinstance(value, np.ndarray) and value.size == 1:
        value = value.reshape(-1)[0]
    if isinstance(value, bytes):
        return value.decode("utf-8")
    return value if isinstance(value, str) else ""


def names_in(group: Group, name: str, file: str) -> list[str]:
    """The list of names in an attribute, which Keras cuts in pieces where it is long."""
    pieces = [name] if name in group.attrs else []
    for number in range(_MOST_PIECES if not pieces else 0):
        if f"{name}{number}" not in group.attrs:
            break
        pieces.append(f"{name}{number}")
    found = [
        value
        for piece in pieces
        for value in np.asarray(_attribute(group, piece, file)).reshape(-1).tolist()
    ]
    return [value.decode("utf-8") if isinstance(value, bytes) else str(value) for value in found]


def _attribute(group: Any, name: str, file: str) -> Any:
    found = group.attrs.get_id(name)
    if int(np.prod(found.shape, dtype=object)) * max(1, found.dtype.itemsize) > _MOST_ATTRIBUTE:
        raise ModelFileError(
            f"the attribute {name} of {file} claims a shape of {found.shape}; the file is damaged"
        )
    return group.attrs[name]


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__
