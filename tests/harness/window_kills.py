"""Kills real windows and their engines at random moments, and looks at what they leave.

    python -m tests.harness.window_kills [--kills 20] [--engines 20] [--seed 0]

The windows share a home, a cache and a temporary folder of their own, without a display. Nobody may
outlive one for long, and once a later window was closed, nothing of the killed ones may lie in the
cache or the temporary folder. A window whose engine was killed or stopped, once or again and again,
closes as any other does and leaves nothing at all. The exit code is the number of wrong ends.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from rnnviz.core.system.places import HOME_VARIABLE

ROOT = Path(__file__).parents[2]
_LONGEST_START = 120.0
_LONGEST_AFTER = 30.0
_LONGEST_WORK = 20.0
"""So many seconds of a processor nobody needs to start and to end."""
_SENT = (signal.SIGKILL, signal.SIGKILL, signal.SIGSTOP)
_OWN = ("live-*", "stage-*", "alignments-*", "gradients-*", "rnnviz-*")


class Windows:
    """Windows that share a home under one folder."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.temporary = place / "tmp"
        self.temporary.mkdir()
        self._text = place / "text.txt"
        self._text.write_text("It was a bright cold day in April. " * 3000)
        self._environment = {
            **os.environ,
            HOME_VARIABLE: str(place / "home"),
            "HOME": str(place),
            "TMPDIR": str(self.temporary),
            "QT_QPA_PLATFORM": "offscreen",
        }

    def start(self) -> subprocess.Popen[bytes]:
        """A window on a text that takes a while to walk."""
        return subprocess.Popen(
            [sys.executable, "-m", "rnnviz", str(self._text)],
            cwd=ROOT, env=self._environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip

    def kill(self, after_seconds: float) -> list[str]:
        """Kill a window so long after its engine was started; what was wrong then."""
        window = self.start()
        try:
            children = _children(window, _LONGEST_START)
            _wait(lambda: window.poll() is not None, after_seconds)
            children += [one for one in _children(window, 0) if one not in children]
        finally:
            window.kill()
            window.wait()
        return _outlived(children)

    def interrupt(self, after_seconds: float) -> list[str]:
        """Press Ctrl-C so long after the engine was started; what was wrong then."""
        window = self.start()
        try:
            children = _children(window, _LONGEST_START)
            _wait(lambda: window.poll() is not None, after_seconds)
            window.send_signal(signal.SIGINT)
            ended = _wait(lambda: window.poll() is not None, _LONGEST_AFTER)
        finally:
            window.kill()
            window.wait()
        left = _outlived(children)
        said = f"a window did not close on Ctrl-C {after_seconds:.1f} s after its engine began"
        return left if ended else [said, *left]

    def lose_engine(self, moments: random.Random) -> list[str]:
        """Kill or stop the engine at random moments, then close; what was wrong then."""
        window, before = self.start(), set(self.left())
        done = []
        try:
            children = _children(window, _LONGEST_START)
            for _ in range(moments.choice((1, 1, 2, 3))):
                after, sent = moments.uniform(0.0, 5.0), moments.choice(_SENT)
                _wait(lambda: window.poll() is not None, after)
                for child in _children(window, moments.uniform(0.0, 2.0)):
                    children += [child] if child not in children else []
                    with contextlib.suppress(psutil.NoSuchProcess):
                        child.send_signal(sent)
                        done.append(f"{sent.name} after {after:.1f} s")
            if window.poll() is not None:
                return [f"a window ended with {window.returncode}: its engine got {done}"]
            _wait(lambda: window.poll() is not None, moments.uniform(0.0, 2.0))
            children += [one for one in _children(window, 0) if one not in children]
            window.send_signal(signal.SIGINT)
            ended = _wait(lambda: window.poll() is not None, _LONGEST_AFTER)
        finally:
            window.kill()
            window.wait()
        wrong = _outlived(children)
        wrong += [] if ended else ["a window did not close"]
        wrong += [f"left behind: {path}" for path in self.left() if path not in before]
        return [f"{words}; its engine got {', '.join(done)}" for words in wrong]

    def close(self) -> list[str]:
        """Open a window, let it walk its text, and close it as Ctrl-C does; what was wrong then."""
        window = self.start()
        try:
            children = _children(window, _LONGEST_START)
            walked = _wait(self._has_walked, _LONGEST_START)
            window.send_signal(signal.SIGINT)
            ended = _wait(lambda: window.poll() is not None, _LONGEST_AFTER)
        finally:
            window.kill()
            window.wait()
        wrong = [] if walked else ["no text was walked"]
        wrong += [] if ended else ["a window did not close"]
        wrong += [f"a process outlived its window: {c}" for c in children if c.is_running()]
        return [*wrong, *(f"left behind: {path}" for path in self.left())]

    def left(self) -> list[Path]:
        """What killed processes left in the cache and the temporary folder."""
        places = [self.temporary, *self.place.glob("home/**/recordings")]
        return [path for place in places for pattern in _OWN for path in place.glob(pattern)]

    def _has_walked(self) -> bool:
        return any(self.place.glob("home/**/recordings/*/state.*"))


def _children(window: subprocess.Popen[bytes], seconds: float) -> list[psutil.Process]:
    """The processes below this one, once there is one or the time is over."""
    found: list[psutil.Process] = []

    def look() -> bool:
        try:
            found[:] = psutil.Process(window.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return True
        return bool(found)

    _wait(look, seconds)
    return found


def _outlived(children: list[psutil.Process]) -> list[str]:
    """What is still there when all should have ended; it is killed."""
    _wait_gone(children)
    left = [child for child in children if child.is_running()]
    for child in left:
        child.kill()
    return [f"a process outlived its window: {child}" for child in left]


def _wait_gone(children: list[psutil.Process]) -> None:
    """Until all have ended, or one has had a processor for longer than any end takes, or no longer
    does anything: an engine that is killed while it starts ends when it has started, and on a busy
    machine that takes minutes."""
    before = {child: _worked(child) for child in children}
    last, since = dict(before), time.monotonic()
    while living := [child for child in children if child.is_running()]:
        now = {child: _worked(child) for child in living}
        if any(now[child] - last[child] > 0.01 for child in living):
            last, since = now, time.monotonic()
        if time.monotonic() - since > _LONGEST_AFTER:
            return
        if any(now[child] - before[child] > _LONGEST_WORK for child in living):
            return
        time.sleep(0.1)


def _worked(child: psutil.Process) -> float:
    """The seconds of the processor that it has had."""
    try:
        times = child.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)


def _wait(condition: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True


def main() -> int:
    """Kill so many, then close one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--engines", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    moments, began, wrong = random.Random(asked.seed), time.monotonic(), []
    with tempfile.TemporaryDirectory(prefix="rnnviz-windows-") as place:
        windows = Windows(Path(place))
        for _ in range(asked.kills):
            end = windows.interrupt if moments.random() < 0.3 else windows.kill
            wrong += end(moments.uniform(0.0, 8.0))
        left = len(windows.left())
        wrong += windows.close()
        for _ in range(asked.engines):
            wrong += windows.lose_engine(moments)
    for words in wrong:
        sys.stdout.write(f"{words}\n")
    took = time.monotonic() - began
    sys.stdout.write(
        f"{asked.kills} windows killed or interrupted, {left} folders left until the next, "
        f"{asked.engines} closed after their engines were killed or stopped, "
        f"{len(wrong)} wrong ends; {took:.0f} s\n"
    )
    return len(wrong)


if __name__ == "__main__":
    sys.exit(main())
