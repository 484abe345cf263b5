"""Answer what the window asks, until the pipe closes."""

from __future__ import annotations

import argparse
import signal

EXAMPLES = ""


def configure(parser: argparse.ArgumentParser) -> None:
    """No arguments."""


def run(arguments: argparse.Namespace) -> int:
    """Serve until the window closes the pipe; Ctrl-C in a terminal is for the window alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from rnnviz.nets.answering.table import TASKS
    from rnnviz.work.engine import own_pipes, serve
    from rnnviz.work.messages import messages

    requests, replies = own_pipes()
    serve(TASKS, messages(requests), replies)
    return 0
