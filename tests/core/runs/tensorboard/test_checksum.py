"""The checksum of event files, of short records and of pictures."""

import random

import pytest

from rnnviz.core.runs.tensorboard import checksum
from rnnviz.core.runs.tensorboard.checksum import masked_crc


def test_many_bytes_are_summed_as_few_are():
    tensorflow = pytest.importorskip("tensorboard.compat.tensorflow_stub.pywrap_tensorflow")
    random.seed(3)
    for size in (0, 1, 9, 8191, 8192, 8193, 70_001):
        data = random.randbytes(size)
        assert masked_crc(data) == tensorflow.masked_crc32c(data)


def test_what_is_known_of_the_checksum_holds_of_lanes(monkeypatch):
    """RFC 3720, B.4, and the same bytes one by one."""
    assert (
        masked_crc(bytes(32)) == ((0x8A9136AA >> 15 | 0x8A9136AA << 17) + 0xA282EAD8) & 0xFFFFFFFF
    )
    data = random.randbytes(20_000)
    found = masked_crc(data)
    monkeypatch.setattr(checksum, "_LANE", 1 << 20)
    assert masked_crc(data) == found
