"""Whether every shipped model records today what it recorded in an earlier commit, bit for bit.

    python benchmarks/same_recordings.py
    python benchmarks/same_recordings.py --commit 886525e --characters 20000

Both are walked on this machine, one after the other: processors round differently. A text with
characters that the model does not know is among what is read, and every channel is compared.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[1]
COMMIT = "886525e"
"""The last one before networks were described layer by layer."""

_VALUES = {".f16", ".u32", ".codes"}
"""What was read and what came of it; how a folder says what is complete is its version's affair."""

_RECORD = """
import sys
from importlib import import_module
from pathlib import Path

def found(*names):
    try:
        return import_module("rnnviz." + names[0])
    except ImportError:  # before files lay in folders by subject
        return import_module("rnnviz." + names[1])

Text = found("core.sequences.text", "core.text").Text
walk = found("nets.walking.walk", "nets.walk").walk
from rnnviz.nets.checkpoints import open_model

out, resources, length = Path(sys.argv[1]), Path(sys.argv[2]) / "texts", int(sys.argv[3])
for path in map(Path, sys.argv[4:]):
    model = open_model(path).model
    text = (resources / model.description.default_text).read_text(encoding="utf-8")
    part = text[:length] + "\\u2603 \\u4e2d" + text[length : length + length // 2]
    network = getattr(model, "network", None)
    channels = network.channel_names if network else model.architecture.channels
    walk(model, Text.of(part), out / path.stem, channels)
"""


def record(root: Path, out: Path, models: list[Path], length: int) -> None:
    """Walk every model with the package that lies in `root`."""
    command = [sys.executable, "-c", _RECORD, str(out), str(ROOT / "resources"), str(length)]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    subprocess.run([*command, *map(str, models)], check=True, cwd=root, env=environment)


def differing(one: Path, two: Path) -> list[str]:
    """The arrays that are not the same, by name."""
    names = {
        path.name for folder in (one, two) for path in folder.iterdir() if path.suffix in _VALUES
    }
    return sorted(
        name
        for name in names
        if not all((folder / name).exists() for folder in (one, two))
        or (one / name).read_bytes() != (two / name).read_bytes()
    )


def main() -> int:
    """Walk both ways and say of every model whether anything differs."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--commit", default=COMMIT)
    parser.add_argument("--characters", type=int, default=12_345)
    arguments = parser.parse_args()
    cards = {path: path.with_suffix(".md") for path in (ROOT / "models").glob("*.safetensors")}
    models = sorted(path for path, card in cards.items() if "A character model" in card.read_text())
    with tempfile.TemporaryDirectory() as folder:
        then, today = Path(folder) / "then", Path(folder) / "today"
        tree = Path(folder) / "tree"
        added = ["git", "worktree", "add", "--detach", "--quiet", str(tree), arguments.commit]
        subprocess.run(added, check=True, cwd=ROOT)
        try:
            record(tree, then, models, arguments.characters)
        finally:
            removed = ["git", "worktree", "remove", "--force", str(tree)]
            subprocess.run(removed, check=True, cwd=ROOT)
        record(ROOT, today, models, arguments.characters)
        failed = 0
        for path in models:
            found = differing(then / path.stem, today / path.stem)
            failed += bool(found)
            print(f"{path.stem:28} {'differs in ' + ', '.join(found) if found else 'the same'}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
