"""Labels of concepts on disk, so that a text of any length can be gone through again and again.

Every block of the text is labelled once; ranking then reads windows of the labels, shifted round
the text by any distance.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from rnnviz.core.concepts.base import Concept, Labels
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.rows import Floats
from rnnviz.core.scoring.level import FloatCodes, float_codes, split_level
from rnnviz.core.scoring.steps import CountedSteps

NEGATIVE, POSITIVE, EXCLUDED = range(3)
_BLOCK = 1 << 16


class LabelFacts(NamedTuple):
    """What must be known about all labels of a concept before the first unit is scored."""

    counted: int
    mean: float
    deviation: float
    positive_from: float
    """A label at least this is positive: see `split_level`."""
    classes: tuple[int, int, int]
    """How many characters are negative, positive and excluded."""
    excluded: str
    """A digest of which characters are excluded: concepts that share it share sums."""


class LabelSpool:
    """The labels of C concepts for the first `length` characters, float32, one file each.

    NaN marks what does not count: where the concept does not apply, a step that the network does
    not know, where the units do not run, and some steps at both ends of each document and on both
    sides of the middle (`CountedSteps`). So all lags see the same labels, and no label of one half
    or document meets a value of another.
    """

    def __init__(
        self, folder: Path, recording: Recording, steps: CountedSteps, shifts: int = 0
    ) -> None:
        self.folder = folder
        self.recording = recording
        self.steps = steps
        self.length = steps.length
        self.half = steps.half
        self._distances = steps.distances_of_whole(steps.shifts(shifts) * steps.whole)
        self.facts: tuple[LabelFacts, ...] = ()
        self._paths: tuple[Path, ...] = ()

    def fill(
        self,
        concepts: Sequence[Concept],
        labels: Sequence[Iterator[tuple[int, Labels]]],
        progress: Callable[[float], None],
    ) -> None:
        """Write the labels of all concepts, going through the text with all of them in step.

        Args:
            concepts: C of them.
            labels: for each its (start, labels) in blocks from the start of the text; what lies
                past `length` is left alone.
            progress: told the share of the text that is labelled.
        """
        self._paths = tuple(self.folder / f"{number}.f32" for number in range(len(concepts)))
        sums = [_Sums() for _ in concepts]
        done = [0] * len(concepts)
        with contextlib.ExitStack() as stack:
            files = [stack.enter_context(path.open("wb")) for path in self._paths]
            while min(done) < self.length:
                number = done.index(min(done))
                start, block = next(labels[number])
                values = self._without_excluded(block[: self.length - start], start)
                files[number].write(values.data)
                sums[number].add(values)
                done[number] = start + len(values)
                _release(self.recording)
                progress(min(done) / self.length)
        self.facts = tuple(
            self._facts(*each) for each in zip(concepts, sums, self._paths, strict=True)
        )

    def window(self, concept: int, start: int, stop: int, shift: int = 0) -> Floats:
        """Labels of steps start to stop, (stop - start,) float32, shifted or where they belong.

        They are counted round the one stretch that there is; where there are several, round each of
        them, and there are none outside.
        """
        if not self.steps.whole:
            sources = self.steps.sources(start, stop, shift)
            found = np.full(len(sources), np.nan, np.float32)
            inside = sources >= 0
            found[inside] = np.memmap(self._paths[concept], np.float32, "r")[sources[inside]]
            return found
        first = (start - self._distances[shift]) % self.length
        parts, missing = [], stop - start
        with self._paths[concept].open("rb", buffering=0) as file:
            while missing:
                part = min(missing, self.length - first)
                file.seek(first * 4)
                parts.append(np.frombuffer(file.read(part * 4), np.float32))
                first, missing = 0, missing - part
        return np.concatenate(parts) if len(parts) != 1 else parts[0]

    def classes(self, concept: int, start: int, stop: int, shift: int = 0) -> npt.NDArray[np.uint8]:
        """NEGATIVE, POSITIVE or EXCLUDED for steps start to stop; see `window`."""
        labels = self.window(concept, start, stop, shift)
        classes = (labels >= self.facts[concept].positive_from).astype(np.uint8)
        classes[np.isnan(labels)] = EXCLUDED
        return classes

    def _without_excluded(self, block: Labels, start: int) -> Floats:
        values = block.astype(np.float32)
        stop = start + len(values)
        values[~self.recording.known(start, stop)] = np.nan
        values[self.steps.excluded(start, stop)] = np.nan
        return values

    def _facts(self, concept: Concept, sums: _Sums, path: Path) -> LabelFacts:
        def codes() -> Iterator[FloatCodes]:
            return (float_codes(part[~np.isnan(part)]) for part in _parts(path))

        level = split_level(codes) if concept.scalar else 1.0
        positive = sum(int((part >= level).sum()) for part in _parts(path))
        mean = sums.total / sums.count if sums.count else np.nan
        variance = sums.square / sums.count - mean * mean if sums.count else np.nan
        return LabelFacts(
            counted=sums.count,
            mean=mean,
            deviation=float(np.sqrt(np.maximum(variance, 0))),
            positive_from=level,
            classes=(sums.count - positive, positive, self.length - sums.count),
            excluded=sums.excluded.hexdigest(),
        )


class _Sums:
    """What is added up while labels are written."""

    def __init__(self) -> None:
        self.count = 0
        self.total = 0.0
        self.square = 0.0
        self.excluded = hashlib.blake2b()

    def add(self, values: Floats) -> None:
        missing = np.isnan(values)
        self.excluded.update(missing.data)
        found = values[~missing].astype(np.float64)
        self.count += len(found)
        self.total += float(found.sum())
        self.square += float(found @ found)


def _release(recording: Recording) -> None:
    """Let the system count the pages of the text as free again; reading on finds them anew."""
    mapped: object = recording.text.codes.base
    if isinstance(mapped, mmap.mmap) and hasattr(mapped, "madvise"):
        mapped.madvise(mmap.MADV_DONTNEED)


def _parts(path: Path) -> Iterator[Floats]:
    with path.open("rb") as file:
        while raw := file.read(_BLOCK * 4):
            yield np.frombuffer(raw, np.float32)


@contextlib.contextmanager
def folder_for_labels(recording: Recording) -> Iterator[Path]:
    """A folder that is gone afterwards: beside the recording, or where the system keeps such."""
    with contextlib.ExitStack() as stack:
        try:
            folder = tempfile.TemporaryDirectory(prefix="labels-", dir=recording.folder)
        except OSError:
            folder = tempfile.TemporaryDirectory(prefix="rnnviz-labels-")
        yield Path(stack.enter_context(folder))
