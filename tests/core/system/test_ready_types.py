"""Types are read as by several threads at once, also when each of them is the first."""

import subprocess
import sys

import msgspec
import pytest

from rnnviz.core.system.ready_types import ready

_AT_ONCE = """
import sys, threading
import msgspec
from rnnviz.core.system.ready_types import ready

sys.setswitchinterval(1e-6)

def structure(name, fields):
    return type(msgspec.Struct)(name, (msgspec.Struct,), {"__annotations__": fields})

def read(kind, begin, told):
    begin.wait()
    told.append(msgspec.json.decode(raw, type=READY(kind)))

raw = msgspec.json.encode({f"f{i}": {"g": {"a": [1]}} for i in range(9)})
for number in range(120):
    within = {
        f"f{i}": structure(f"Within{number}x{i}", {"g": "dict[str, tuple[int, ...]] | None"})
        for i in range(9)
    }
    kind, begin, told = structure(f"Whole{number}", within), threading.Barrier(4), []
    threads = [threading.Thread(target=read, args=(kind, begin, told)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one.f8.g for one in told] == [{"a": (1,)}] * 4
"""


def test_a_type_that_four_threads_read_as_first_at_once_is_whole_for_each():
    script = _AT_ONCE.replace("READY", "ready")
    subprocess.run([sys.executable, "-X", "faulthandler", "-c", script], check=True)


def test_what_msgspec_cannot_read_is_said_each_time():
    for _ in range(2):
        with pytest.raises(TypeError):
            ready(dict[str, int] | dict[int, str])


def test_it_is_the_type_itself():
    class One(msgspec.Struct):
        name: str

    assert ready(One) is One
    assert ready(list[One]) == list[One]
