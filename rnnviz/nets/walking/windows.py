"""Walking what reads in windows: each step is the end of a window that is read from a fresh state.

What is recorded of a unit at a step is its state once it has read the window that ends there: at
that step where it reads forwards, at the beginning of the window where it reads from the end.
Windows of one length are read side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from rnnviz.core.recordings.description import FloatType
from rnnviz.nets.sequence.evaluating import evaluating
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.sequence.reading import Reading
from rnnviz.nets.sequence.windowed import Windowed
from rnnviz.nets.walking.blocks import BLOCK, FIRST_BLOCK, spans
from rnnviz.nets.walking.kept import TORCH_TYPES, KeptChannels, writer_of
from rnnviz.nets.walking.outcomes import outcome_of, spread


def walk_windows(
    model: SequenceNetwork,
    reading: Reading,
    folder: Path,
    channels: Sequence[str],
    *,
    progress: Callable[[int, int], None] = lambda done, total: None,
    model_path: str = "",
    until: int | None = None,
    dtype: FloatType = "float16",
) -> None:
    """Write the recording of what a network reads into a folder; readers see it grow.

    Args:
        progress: told how many steps of how many can be read; what it raises ends the walk, and
            what was written stays.
        until: read no further than this step.

    Raises:
        RecordingError: the disk is full.
    """
    outcome = outcome_of(model, reading)
    writer = writer_of(model, reading, folder, channels, outcome, dtype, model_path, until=until)
    walker = _Walker(model, channels, TORCH_TYPES[dtype])
    stop = len(reading) if until is None else min(until, len(reading))
    with torch.inference_mode(), evaluating(model):
        for begin, end in reading.documents:
            if begin >= stop:
                break
            outcome.begin()
            walker.begin()
            for first, after in spans(min(end, stop) - begin, FIRST_BLOCK, BLOCK):
                start, last = begin + first, begin + after
                known, entering = reading.take(start, last)
                rows, said = walker.read(entering)
                came_out = outcome.of((), entering, known, start, said)
                writer.write(start, walker.spread(rows, known), came_out)
                progress(last, len(reading))


class _Walker:
    """Reads one document after the other, block by block."""

    def __init__(self, model: SequenceNetwork, channels: Sequence[str], dtype: torch.dtype) -> None:
        assert model.network.windows is not None
        self.model, self.steps = model, model.network.windows.steps
        self.kept = KeptChannels(model, channels, dtype)
        self.begin()

    def begin(self) -> None:
        """A document begins."""
        ((before,),) = self.model.zero_state(1)
        self._before = before.transpose(0, 1)
        self._last = {
            name: torch.zeros(1, count, dtype=self.kept.dtype)
            for name, count in self.kept.rows.items()
        }

    def read(self, entering: Tensor) -> tuple[dict[str, Tensor], Tensor]:
        """Every channel at the k steps that enter, (R, k) each, and the answers there, (k, O)."""
        rows = self.kept.buffers(len(entering))
        said = [torch.zeros(0, len(self.model.network.head.outputs))]
        if len(entering):
            windows = Windowed(self.steps, self._before, entering.unsqueeze(1))
            self._before = windows.last()
            done = 0
            for part in windows.parts(self.model.most_windows(1)):
                ends, answers = self.model.run_windows(part[:, :, 0])
                here = slice(done, done + len(answers))
                for row, ran in enumerate(ends):
                    for name, values in self.kept.of(row, ran).items():
                        first, last = self.kept.places[row][name]
                        rows[name][first:last, here] = values[0].to(self.kept.dtype).t()
                said.append(answers)
                done = here.stop
        return rows, torch.cat(said)

    def spread(self, rows: dict[str, Tensor], known: np.ndarray) -> dict[str, np.ndarray]:
        """The channels at every step of a block; one that is not known has those before it."""
        found = {name: spread(part.t(), self._last[name], known).T for name, part in rows.items()}
        if known.any():
            self._last = {name: part.t()[-1:].clone() for name, part in rows.items()}
        return found
