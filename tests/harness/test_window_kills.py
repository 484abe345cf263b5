"""A window that is killed leaves no process, and the next one removes its folders."""

import random
import subprocess
import sys

import pytest

from tests.harness.window_kills import Windows


@pytest.mark.timeout(400)
def test_a_killed_window_leaves_nothing_for_long(tmp_path):
    """`make kills` does this more often, at random moments."""
    windows = Windows(tmp_path)
    assert windows.kill(after_seconds=1.0) == []
    assert windows.interrupt(after_seconds=0.0) == []
    assert windows.lose_engine(random.Random(3)) == []
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (windows.temporary / f"rnnviz-{gone.pid}-abc").mkdir()
    assert windows.left()
    assert windows.close() == []
