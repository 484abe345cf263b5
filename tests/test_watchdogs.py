"""A proof that the watchdogs of conftest.py bite: tests that misbehave must fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]

MISBEHAVING = """
import logging
import subprocess
import sys
import threading

from PySide6.QtCore import QTimer, qWarning
from PySide6.QtWidgets import QWidget

kept = []


def test_leaves_everything_behind(qapp):
    threading.Thread(target=threading.Event().wait, name="forgotten", daemon=True).start()
    kept.append(subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE))
    timer = QTimer()
    timer.start(4321)
    widget = QWidget(objectName="orphan")
    kept.extend([timer, widget])


def test_logs_a_warning():
    logging.getLogger("somewhere").warning("unexpected")


def test_expects_a_warning_that_never_comes(expect_log):
    expect_log.append("never")


def test_makes_qt_warn():
    qWarning("a warning of Qt")


def test_expects_what_it_logs(expect_log):
    expect_log.append("all is .* lost")
    logging.getLogger("somewhere").error("all is nearly lost")
"""


def test_each_watchdog_bites(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "tests/conftest.py"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "test_misbehaving.py").write_text(MISBEHAVING)
    report = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_misbehaving.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "400"},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    ).stdout
    left = next(line for line in report.splitlines() if "AssertionError: left behind" in line)
    assert "thread forgotten" in left
    assert "child process" in left
    assert "timer of 4321 ms" in left
    assert "widget QWidget 'orphan'" in left
    assert "logged without being expected: ['unexpected']" in report
    assert "expected in the log and not there: ['never']" in report
    assert "FAILED test_misbehaving.py::test_makes_qt_warn" in report
    assert "1 failed, 4 passed, 3 errors" in report


HANGING = """
import threading

import pytest


@pytest.mark.timeout(0.1)
def test_never_ends():
    print("as far as this")
    threading.Event().wait()
"""


def test_what_takes_too_long_is_ended_and_says_where_it_stood(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "tests/conftest.py"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "test_hanging.py").write_text(HANGING)
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_hanging.py"],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    said = ended.stdout + ended.stderr
    assert ended.returncode == 1
    assert "Timeout" in said
    assert "in test_never_ends" in said
    assert "as far as this" in said
