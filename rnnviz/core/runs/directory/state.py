"""Whether somebody still trains: from the lock, the heartbeat and what the run last said."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from rnnviz.core.runs.directory.lock import holder_of
from rnnviz.core.runs.directory.reader import Damage
from rnnviz.core.runs.record import Phase

State = Literal[
    "starting",
    "running",
    "paused",
    "stopped",
    "finished",
    "crashed",
    "damaged",
    "stale",
    "recorded",
    "reading",
]
"""`reading`: its events were not read to their end yet, so nobody knows. `crashed`: its process is
gone. `damaged`: so it is, and its last events cannot be read. `stale`: on another machine, and
silent. `recorded`: event files of TensorBoard, which do not say who writes them."""
LIVE: frozenset[State] = frozenset({"starting", "running", "paused"})
"""States in which a trainer listens to commands."""

SILENCE_SECONDS = 20.0
"""A trainer on another machine is thought lost after so long without a heartbeat."""

STARTING_SECONDS = 60.0
"""A run whose trainer did not show up after so long never started."""

STATE_WORDS: dict[State, str] = {
    "starting": "starting",
    "running": "running",
    "paused": "paused",
    "stopped": "stopped",
    "finished": "finished",
    "crashed": "crashed",
    "damaged": "damaged",
    "stale": "no sign of life",
    "recorded": "recorded",
    "reading": "reading…",
}


class Watch:
    """Looks at a run directory again and again and tells its state.

    Args:
        clock: seconds that only grow; wall clocks of two machines may differ.
    """

    def __init__(self, directory: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._directory = directory
        self._clock = clock
        self._beat = 0
        self._heard = self._began = clock()
        self._looked = False
        self._fresh = True
        """Whether something was written there lately, or nothing yet."""
        self._here = False
        """Whether the lock that was read last names this machine."""

    def holder_alive(self) -> bool | None:
        """Whether the trainer that holds the lock lives; None where there is no lock."""
        holder = holder_of(self._directory)
        self._here = holder is not None and holder.is_local
        if holder is None:
            newest = _newest(self._directory, ("heartbeat", "events.jsonl", "run.json"))
            self._fresh = not newest or _age_seconds(newest) < STARTING_SECONDS
            return None
        return holder.lives() if self._here else self._beats()

    def state(self, phase: Phase, alive: bool | None, damage: Damage | None = None) -> State:
        """The state of a run that last said `phase`, without a look at the drive.

        Args:
            alive: what `holder_alive` said, asked before the events were read.
            damage: what of the events could not be read.
        """
        if phase in ("stopped", "finished"):
            return phase
        unread = damage is not None and damage.lines > 0 and damage.before is None
        if alive:
            # Its trainer has said something by now, be it nothing that can be read.
            return "running" if unread and phase == "starting" else phase
        if alive is False and not self._here:
            return "stale"
        if unread:
            return "damaged"
        waited = self._clock() - self._began
        waiting = alive is None and phase == "starting" and waited < STARTING_SECONDS
        return "starting" if waiting and self._fresh else "crashed"

    def _beats(self) -> bool:
        beat, now = _newest(self._directory), self._clock()
        if beat != self._beat:
            # Seen for the first time, only its age can tell; later, that it moved.
            fresh = self._looked or _age_seconds(beat) < SILENCE_SECONDS
            self._beat = beat
            self._heard = now if fresh else now - 2 * SILENCE_SECONDS
        self._looked = True
        return now - self._heard < SILENCE_SECONDS


def _newest(directory: Path, names: Sequence[str] = ("heartbeat", "events.jsonl")) -> int:
    """When the first of these files that is there changed last, in nanoseconds; 0 without any."""
    for name in names:
        try:
            return (directory / name).stat().st_mtime_ns
        except OSError:
            continue
    return 0


def _age_seconds(changed_ns: int) -> float:
    """How long ago that was, or will be: clocks of two machines differ."""
    return abs(time.time() - changed_ns / 1e9)
