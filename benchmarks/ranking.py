"""What ranking costs beside walking the text, and that its memory does not grow with the text.

    python benchmarks/ranking.py [--characters 200000] [--layers 4] [--units 512] [--threads 2]

1. Baseline: `rnnviz.nets.walking.walk.walk` of an LSTM with layers * units units, hidden and cell
   to disk.
2. `rnnviz.core.scoring.rank` of the hidden states of all of them against 12 concepts, the labelling
   of the text included; the claim is less than 15 % of the baseline.
3. The peak memory of a process that ranks 64 units over a text, and over one ten times as long.

The text is the source code of Python's standard library.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from rnnviz.core.concepts import CONCEPTS
from rnnviz.core.recordings.description import TOP, Next
from rnnviz.core.recordings.groups import layers_of
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.scoring.ranking import rank
from rnnviz.core.sequences.text import Text

CLAIM = 0.15
CONCEPT_COUNT = 12
MEMORY_UNITS = 64


def main() -> None:
    """Measure both and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--characters", type=int, default=200_000)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--units", type=int, default=512)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--memory-characters", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        time_both(options, Path(folder))
    peaks = [
        peak_memory(length)
        for length in (options.memory_characters, 10 * options.memory_characters)
    ]
    print(f"peak memory of ranking, {options.memory_characters:,} characters and ten times as many")
    print(f"  {peaks[0]:,.0f} MB, {peaks[1]:,.0f} MB: ratio {peaks[1] / peaks[0]:.2f}")


def time_both(options: argparse.Namespace, folder: Path) -> None:
    """Walk, then rank what was walked."""
    from rnnviz.core.models.model_file import ModelDescription
    from rnnviz.core.sequences.vocabulary import Vocabulary
    from rnnviz.nets.language.model import LanguageModel
    from rnnviz.nets.walking.walk import walk

    source = library_text(options.characters)
    description = ModelDescription(
        architecture="lstm",
        layers=options.layers,
        units=options.units,
        vocabulary=Vocabulary.of_text(source).characters,
    )
    model = LanguageModel(description).eval()
    began = now()
    walk(model, Text.of(source), folder, ("hidden", "cell"))
    walked = now()
    rank(Recording(folder), CONCEPTS[:CONCEPT_COUNT], ("hidden",), threads=options.threads)
    ranked = now()
    length = len(source)
    walking, ranking = walked - began, ranked - walked
    print(
        f"LSTM {options.layers} x {options.units}, {length:,} characters, {CONCEPT_COUNT} concepts;"
        " by the clock, and of processor time"
    )
    for name, taken in (("walking", walking), ("ranking", ranking)):
        clock, processor = taken / length * 1e6
        print(f"  {name} {clock:8.1f} us a character, {processor:8.1f} us")
    ratio, of_processor = ranking / walking
    print(
        f"  ranking / walking {ratio:.3f}  {'PASS' if ratio < CLAIM else 'short of'} {CLAIM};"
        f" {of_processor:.3f} of processor time"
    )


def now() -> npt.NDArray[np.float64]:
    """Seconds by the clock, and of processor time of all threads."""
    return np.array([time.perf_counter(), time.process_time()])


def peak_memory(length: int) -> float:
    """Megabytes at the highest, of a process that ranks a recording of so many characters."""
    spawn = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory() as folder:
        # Each in a process of its own: on Linux a process begins with the highest mark of the one
        # that started it, and writing maps the whole recording.
        with spawn.Pool(1) as pool:
            pool.apply(write_noise, (Path(folder), length))
        with spawn.Pool(1) as pool:
            return pool.apply(rank_and_measure, (Path(folder),))


def write_noise(folder: Path, length: int) -> None:
    """A recording of noise; the source code repeats as often as it must."""
    source = library_text(200_000)
    text = Text.of((source * (length // len(source) + 1))[:length])
    groups = layers_of(1, MEMORY_UNITS, ["hidden"])
    writer = RecordingWriter(folder, text, groups, Next(), sorted(set(source)))
    generator = np.random.default_rng(0)
    for start in range(0, length, 1 << 16):
        b = min(1 << 16, length - start)
        values = generator.standard_normal((MEMORY_UNITS, b), np.float32)
        top = np.zeros((b, TOP))
        writer.write(
            start, {"hidden": values}, {"surprisal": top[:, 0], "top_ids": top, "top_p": top}
        )


def rank_and_measure(folder: Path) -> float:
    """Rank everything there; the most memory this process ever held, in megabytes."""
    rank(Recording(folder), CONCEPTS[:2])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def library_text(length: int) -> str:
    """So many characters of the standard library's source code."""

    def parts() -> Iterator[str]:
        total = 0
        for path in sorted(Path(os.__file__).parent.glob("*.py")):
            part = path.read_text("utf-8", "replace").encode("ascii", "replace").decode()
            yield part
            total += len(part)
            if total >= length:
                return

    return "".join(parts())[:length]


if __name__ == "__main__":
    main()
