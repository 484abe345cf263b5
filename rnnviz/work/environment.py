"""What the processes that are started here find in their environment."""

from __future__ import annotations

import os


def of_a_child() -> dict[str, str]:
    """That of this process; in a crash the child writes where it stood."""
    return {**os.environ, "OMP_WAIT_POLICY": "PASSIVE", "PYTHONFAULTHANDLER": "1"}
