"""Reading numpy's files, `.npy` and `.npz`, that anybody may have made.

Nothing is unpickled, and no memory is taken for what a header claims before the file is known to
hold it.
"""

from __future__ import annotations

import io
import math
import os
import tokenize
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from rnnviz.core.files.reading import DamagedFileError, memory_left, open_regular

Array = npt.NDArray[Any]
_KINDS = "biuf"
_MOST_ARRAYS = 256
_LITTLE = 1 << 16
"""So many bytes always fit: asking for what memory is left takes longer than reading them."""
HEADER_ERRORS = (
    RecursionError, SyntaxError, TypeError, OverflowError, MemoryError, tokenize.TokenError,
)  # fmt: skip
"""What numpy raises on a header that is none, beside ValueError."""
_MEMBER_ERRORS = (NotImplementedError, RuntimeError, EOFError, zlib.error)
"""What `zipfile` raises on members that it cannot read, beside BadZipFile."""


def read_array(path: Path) -> Array:
    """The numbers of a `.npy` file.

    Raises:
        OSError: it cannot be read, or is no regular file.
        ValueError: damaged, cut short, no numbers, or more than fit into memory.
    """
    with io.BufferedReader(open_regular(path)) as file:
        return _read(file, os.fstat(file.fileno()).st_size)


def read_arrays(path: Path, *, words: bool = False, compressed: bool = False) -> dict[str, Array]:
    """The arrays of a `.npz` file, by their names.

    Args:
        words: arrays of words are read, too; those of bytes as UTF-8.
        compressed: a compressed file is read, too; it may announce no more than fits into memory.

    Raises:
        OSError: it cannot be read, or is no regular file.
        ValueError, zipfile.BadZipFile: damaged, compressed, or more than fits into memory.
    """
    arrays = {}
    with io.BufferedReader(open_regular(path)) as file, _archive(file) as archive:
        entries = archive.infolist()
        if len(entries) > _MOST_ARRAYS:
            raise DamagedFileError(f"it holds {len(entries):,} arrays")
        for entry in entries:
            stored = entry.compress_type == zipfile.ZIP_STORED
            if not compressed and not (stored and entry.file_size == entry.compress_size):
                raise DamagedFileError(f"{entry.filename[:80]} is compressed")
            name = entry.filename.removesuffix(".npy")
            try:
                with archive.open(entry) as member:
                    arrays[name] = _read(member, entry.file_size, words=words)
            except _MEMBER_ERRORS as error:
                raise zipfile.BadZipFile(f"{entry.filename[:80]}: {error}") from error
    return arrays


def _archive(file: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (NotImplementedError, OverflowError) as error:
        raise zipfile.BadZipFile(str(error)) from error


def _read(file: IO[bytes], size: int, *, words: bool = False) -> Array:
    try:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0
        shape, fortran, dtype = (np.lib.format.read_array_header_2_0 if version > (1, 0) else read)(
            file, max_header_size=10_000
        )
    except HEADER_ERRORS as error:
        raise DamagedFileError("its header is no header of numpy") from error
    if dtype.hasobject and words:
        raise DamagedFileError(
            "it holds Python objects, which are not unpickled; save words as np.array(words, str)"
        )
    if dtype.kind not in (_KINDS + "US" * words) or dtype.fields is not None:
        raise DamagedFileError(f"it holds {dtype}, which are no numbers")
    wanted = math.prod(shape) * dtype.itemsize
    if any(length < 0 for length in shape) or len(shape) > 8 or not 0 <= wanted <= size:
        raise DamagedFileError(f"it announces {str(shape)[:80]} numbers and has {size:,} bytes")
    if wanted > _LITTLE and wanted > memory_left() // 2:
        raise DamagedFileError(f"its {wanted:,} bytes do not fit into the memory that is left")
    data = file.read(wanted)
    if len(data) < wanted:
        raise DamagedFileError("it is cut short")
    found = np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")
    if dtype.kind != "S":
        return found
    try:
        return np.char.decode(found, "utf-8")
    except UnicodeDecodeError as error:
        raise DamagedFileError("it holds bytes that are no words in UTF-8") from error
