"""Answer what the window asks, until the pipe closes."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys

EXAMPLES = ""


def configure(parser: argparse.ArgumentParser) -> None:
    """No arguments."""


def run(arguments: argparse.Namespace) -> int:
    """Serve until the window closes the pipe; Ctrl-C in a terminal is for the window alone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # What is imported is no garbage: looking for some takes a tenth of the start, and later a tenth
    # of a second each time, in the middle of what a person waits for.
    gc.disable()
    from rnnviz.core.system import deleting
    from rnnviz.nets.answering.table import TASKS
    from rnnviz.work.engine import own_pipes, serve
    from rnnviz.work.messages import messages

    gc.freeze()
    gc.enable()
    requests, replies = own_pipes()
    serve(TASKS, messages(requests), replies)
    # A thread that is still within torch while Python takes itself apart may end in a segmentation
    # fault, and taking torch apart takes a second: all of it is left to the system.
    deleting.wait()
    sys.stderr.flush()
    os._exit(0)
