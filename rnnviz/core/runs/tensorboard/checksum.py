"""The checksum of event files: CRC-32C, masked as TensorFlow masks it."""

from __future__ import annotations

import functools

import numpy as np
import numpy.typing as npt

_Words = npt.NDArray[np.uint32]
_LANE = 1024
"""Bytes of each of the pieces that are summed side by side."""


def _crc_table() -> tuple[int, ...]:
    table = []
    for number in range(256):
        for _ in range(8):
            number = number >> 1 ^ (0x82F63B78 if number & 1 else 0)  # noqa: PLW2901
        table.append(number)
    return tuple(table)


_TABLE = _crc_table()
_WORDS = np.array(_TABLE, "<u4")


def masked_crc(data: bytes) -> int:
    """CRC-32C of the bytes, rotated and shifted as TensorFlow does.

    >>> hex(masked_crc(b"123456789"))
    '0xc78ab0e5'
    """
    crc, begun = 0xFFFFFFFF, 0
    if len(data) >= 8 * _LANE:
        begun = len(data) // _LANE * _LANE
        crc = _of_lanes(data[:begun])
    table = _TABLE
    for byte in data[begun:]:
        crc = table[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def _of_lanes(data: bytes) -> int:
    """The register behind bytes that are whole lanes: a picture has millions.

    The register is linear over GF(2): each lane is summed from an empty one, all at once, and what
    stood in the register before a lane is carried over it as over so many zeros.
    """
    columns = np.ascontiguousarray(np.frombuffer(data, "<u2").reshape(-1, _LANE // 2).T)
    registers = np.zeros(columns.shape[1], "<u4")
    registers[0] = 0xFFFFFFFF
    low_half = registers.view("<u2")[::2]
    places, found = np.empty(registers.shape, np.intp), np.empty_like(registers)
    table = _of_two_bytes()
    for column in columns:
        np.bitwise_xor(low_half, column, out=places, casting="unsafe")
        np.take(table, places, out=found, mode="clip")
        np.right_shift(registers, 16, out=registers)
        np.bitwise_xor(registers, found, out=registers)
    low, second, third, high = _over_a_lane()
    crc = 0
    for register in registers.tolist():
        carried = low[crc & 0xFF] ^ second[crc >> 8 & 0xFF] ^ third[crc >> 16 & 0xFF]
        crc = carried ^ high[crc >> 24] ^ register
    return crc


@functools.cache
def _of_two_bytes() -> _Words:
    """The table for two bytes at once."""
    registers: _Words = np.arange(1 << 16, dtype="<u4")
    for _ in range(2):
        registers = _WORDS[registers & 0xFF] ^ registers >> 8
    return registers


@functools.cache
def _over_a_lane() -> tuple[list[int], ...]:
    """What becomes of each byte of a register, the lowest first, over a lane of zeros."""
    bits: _Words = np.uint32(1) << np.arange(32, dtype=np.uint32)
    for _ in range(_LANE):
        bits = _WORDS[bits & 0xFF] ^ bits >> 8
    numbers = np.arange(256, dtype=np.uint32)
    tables = []
    for first in range(0, 32, 8):
        parts = [np.where(numbers >> bit & 1, bits[first + bit], 0) for bit in range(8)]
        tables.append(np.bitwise_xor.reduce(parts).tolist())
    return tuple(tables)
