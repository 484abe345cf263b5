"""Whether shipped models give the same recordings as they did at an earlier commit, bit for bit.

    git worktree add ../before 886525e
    python benchmarks/recordings_unchanged.py ../before [--characters 3000] [--models NAME ...]

Each model of the earlier checkout is walked by both checkouts, each in a process of its own: a
character model over its own sample text with all channels, a translator over its first example.
The earlier recording, of version 1, is read by the reader of today. Both run on one machine: other
processors round otherwise.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
import numpy as np

from rnnviz.core.kinds import Description
from rnnviz.core.kinds.described import read_description
from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.models.translation import TranslationDescription
from rnnviz.core.recordings.recording import Recording

TRANSLATE = """
import sys
from pathlib import Path
try:
    from rnnviz.nets.translation.files import load_translation as open_model
    from rnnviz.nets.translation.recording import record_translation
    from rnnviz.nets.translation.sentences import translate
    from rnnviz.nets.translation.settings import Settings
except ImportError:
    from rnnviz.nets.checkpoints import open_model
    from rnnviz.nets.alignments.recording import record_translation
    from rnnviz.nets.alignments.sentences import translate
    from rnnviz.nets.alignments.decoding.settings import Settings
model = open_model(Path(sys.argv[1])).model
sentence = translate(model, sys.argv[2], Settings(), keep=True)
record_translation(model, sentence, Path(sys.argv[3]), sys.argv[1])
"""


class Both(msgspec.Struct):
    """One model by both checkouts."""

    before: Recording
    now: Recording


def main() -> int:
    """Compare all models; 1 if any recording differs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before", type=Path, help="a checkout of the earlier commit")
    parser.add_argument("--characters", type=int, default=3000)
    parser.add_argument("--models", nargs="*", help="their names; all without it")
    options = parser.parse_args()
    here, different = Path(__file__).resolve().parents[1], 0
    for path in sorted((options.before / "models").glob("*.safetensors")):
        if options.models and path.stem not in options.models:
            continue
        description = read_description(path)
        with tempfile.TemporaryDirectory() as folder:
            recordings = Both(*(
                record(checkout, path, description, Path(folder) / name, options.characters)
                for checkout, name in ((options.before.resolve(), "before"), (here, "now"))
            ))  # fmt: skip
            found = (
                differences(recordings)
                if isinstance(description, ModelDescription)
                else differences_of_translations(recordings)
            )
            size = f"{recordings.now.total_units:,} units, {recordings.now.length:,} steps"
        different += bool(found)
        print(f"{path.stem:<32} {size:<26} {'; '.join(found) or 'the same bits'}", flush=True)
    return 1 if different else 0


def record(
    checkout: Path,
    model: Path,
    description: Description,
    folder: Path,
    characters: int,
) -> Recording:
    """The recording that a checkout makes, in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(checkout), "OMP_WAIT_POLICY": "PASSIVE"}
    if isinstance(description, ModelDescription):
        sample = checkout / "resources" / "texts" / (description.default_text or "testmath.tex")
        text = folder.with_suffix(".txt")
        text.write_text(sample.read_text(encoding="utf-8")[:characters], encoding="utf-8")
        command = ["-m", "rnnviz", "walk", str(model), str(text), "-o", str(folder)]
    else:
        assert isinstance(description, TranslationDescription)
        command = ["-c", TRANSLATE, str(model), description.examples[0], str(folder)]
    subprocess.run(
        [sys.executable, *command], env=environment, cwd=checkout, check=True, capture_output=True
    )
    return Recording(folder)


def differences(both: Both) -> list[str]:
    """What is not the same, in words."""
    before, now = both.before, both.now
    found = []
    if not (before.complete and now.complete and str(before.text) == str(now.text)):
        found.append("another text, or not complete")
    if before.channels != now.channels or before.groups.shape != now.groups.shape:
        return [*found, "other channels or units"]
    for channel in now.channels:
        found += _differ(channel, before.rows(channel), now.rows(channel))
    for name in ("surprisal", "top_ids", "top_p"):
        found += _differ(name, getattr(before, name), getattr(now, name))
    return found


def differences_of_translations(both: Both) -> list[str]:
    """Version 1 repeated the values of a token at each of its characters, with zeros elsewhere."""
    before, now = both.before, both.now
    if str(before.text) != str(now.text):
        return ["another text"]
    characters = np.array([now.sequence.span(step, step + 1)[0] for step in range(now.length)])
    found = []
    for channel in now.channels:
        for unit in range(now.total_units):
            ((start, stop),) = now.ranges_of(unit)
            then = before.rows(channel)[unit][characters[start:stop]]
            found += _differ(
                f"{channel} of {now.unit_name(unit)}", then, now.running_values(channel, unit)
            )
    assert before.surprisal is not None and now.surprisal is not None
    found += _differ("surprisal", before.surprisal[characters], now.surprisal)
    return found[:5]


def _differ(name: str, before: np.ndarray, now: np.ndarray) -> list[str]:
    if before.dtype == now.dtype and before.tobytes() == now.tobytes():
        return []
    largest = np.nanmax(np.abs(before.astype(np.float64) - now.astype(np.float64)), initial=0)
    return [f"{name} differs by up to {largest:.2g}"]


if __name__ == "__main__":
    raise SystemExit(main())
