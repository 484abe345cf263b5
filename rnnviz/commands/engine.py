"""Answer the window's questions, one JSON object a line, until the pipe closes."""

from __future__ import annotations

import argparse
import signal

EXAMPLES = ""


def configure(parser: argparse.ArgumentParser) -> None:
    """No arguments."""


def run(arguments: argparse.Namespace) -> int:
    """Serve until the window closes the pipe; Ctrl-C in a terminal is for the window alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from rnnviz.nets.jobs.table import TASKS
    from rnnviz.work.engine import own_pipes, serve

    serve(TASKS, *own_pipes())
    return 0
