"""Large blocks go back to the system, whatever was freed before them."""

from __future__ import annotations

import subprocess
import sys

import pytest

_CODE = """
import ctypes, sys
from rnnviz.core.system.heap import give_memory_back

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]

def held():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096

def fill(size):
    block = libc.malloc(size)
    ctypes.memset(block, 1, size)
    return block

if sys.argv[1] == "told":
    assert give_memory_back()
libc.free(fill(30 << 20))  # glibc learns from it
before, small, large = held(), [], []
for _ in range(40):
    large.append(fill(2 << 20))
    small.append(fill(2000))
for block in large:
    libc.free(block)
print(held() - before)
"""


def left(how: str) -> int:
    """Bytes that are held after 80 MB were freed between small blocks that stay."""
    done = subprocess.run(
        [sys.executable, "-c", _CODE, how], capture_output=True, text=True, check=True, timeout=60
    )
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc is what is told")
def test_what_was_freed_between_small_blocks_is_given_back() -> None:
    assert left("told") < 5 << 20
    assert left("untold") > 40 << 20, "and else it is not"
