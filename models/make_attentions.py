"""The table of attentions: dot, general and additive, before and after the step, guided and not.

    python models/make_attentions.py --data DATA --corpora FOLDER --runs RUNS [--at-once N]
                                     [--json FILE] [--device NAME] [--sentences 300]

Twelve translators from French to English, each trained for the same 2,000 steps on the same batches from
the same seed, then measured by `benchmarks/alignment_error.py`: alignment error rate by target, by
source and where both agree, BLEU and nats a token, on pairs that none was trained on. What is
finished in RUNS is not done again. The table is printed as it stands in `benchmarks/README.md`; FILE gets
all figures. DATA and FOLDER are those of `alignment_error.py`.

Dot attention needs states as wide as the decoder's, so its encoder reads in one direction; all else
is equal. On processors a row takes hours; one accelerator trains all twelve at once.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from make_translation import INTO, options_for

from rnnviz.core.runs.directory.log import read_events

ERROR_RATE = Path(__file__).parents[1] / "benchmarks" / "alignment_error.py"
_EQUAL = " --steps 2000 --option batch_tokens=8000 --precision float32"
SETS = ("everyday French", "Hansards")


@dataclass(frozen=True)
class Row:
    """One translator of the table."""

    attention: str
    order: str
    guided: bool

    @property
    def name(self) -> str:
        """What its run is called."""
        return f"{self.attention}-{self.order}{'-guided' * self.guided}"

    def command(self, corpora: str, run: str, device: str) -> list[str]:
        """The arguments of `rnnviz` that train it."""
        options = (
            f" --option attention={self.attention} --option order={self.order}"
            + " --option bidirectional=false" * (self.attention == "dot")
            + " --option attention_units=128" * (self.attention == "additive")
            + " --option guided=0.3 --option links={corpora}/french.links.xz" * self.guided
        )
        told = (options_for("french", INTO) + options + _EQUAL).replace("{corpora}", corpora)
        texts = [f"{corpora}/french.tsv.xz", "--name", self.name, "--run", run, "--device", device]
        return ["train", *texts, *shlex.split(told)]


ROWS = tuple(
    Row(attention, order, guided)
    for attention in ("dot", "general", "additive")
    for order in ("before", "after")
    for guided in (False, True)
)


def train_and_measure(row: Row, given: argparse.Namespace) -> dict[str, Any] | None:
    """What was measured of this row; None where it failed, which its log says."""
    run = given.runs / row.name
    run.mkdir(parents=True, exist_ok=True)
    found = run / "measured.json"
    measure = [
        str(ERROR_RATE), str(run / "checkpoints" / "latest.safetensors"), "--no-baselines",
        "--data", str(given.data), "--corpora", str(given.corpora),
        "--sentences", str(given.sentences), "--json", str(found),
    ]  # fmt: skip
    with (given.runs / f"{row.name}.log").open("a", encoding="utf-8") as log:
        train = ["-m", "rnnviz", *row.command(str(given.corpora), str(run), given.device)]
        for needed, arguments in ((not finished(run), train), (not found.exists(), measure)):
            if (
                needed
                and subprocess.run(
                    [sys.executable, *arguments], stdout=log, stderr=log, check=False
                ).returncode
            ):
                return None
    (measured,) = json.loads(found.read_text(encoding="utf-8"))["models"].values()
    judged = list(read_events(run, "validation"))[-1]
    seconds = list(read_events(run, "step"))[-1]["seconds"]
    return {**measured, "held_out_nats": judged["loss_nats"], "seconds": round(seconds, 1)}


def finished(run: Path) -> bool:
    """Whether a training went to its end here."""
    return (run / "events.jsonl").exists() and bool(list(read_events(run, "finished")))


def table(found: dict[str, dict[str, Any]]) -> list[str]:
    """The figures in Markdown."""
    lines = [
        "| attention | context found | guided | everyday pairs: target / source / both "
        "| Hansards: target / source / both | everyday BLEU | held-out nats a token |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in ROWS:
        if (one := found.get(row.name)) is None:
            continue
        rates = [
            " / ".join(
                f"{one['alignments'][name][way]:.1f}" for way in ("target", "source", "both")
            )
            for name in SETS
        ]
        lines.append(
            f"| {row.attention} | {row.order} the step | {'yes' if row.guided else 'no'} | "
            f"{rates[0]} | {rates[1]} | {one['translations']['everyday']['bleu']:.1f} | "
            f"{one['held_out_nats']:.2f} |"
        )
    return lines


def main() -> None:
    """Train, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("data", "corpora", "runs"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--at-once", type=int, default=1, help="rows that are trained side by side")
    parser.add_argument("--device", default="auto", help="as `rnnviz train` takes it")
    parser.add_argument("--sentences", type=int, default=300, help="of the news tests, for BLEU")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    with ThreadPoolExecutor(given.at_once) as pool:
        results = pool.map(lambda row: train_and_measure(row, given), ROWS)
        found = {row.name: one for row, one in zip(ROWS, results, strict=True) if one is not None}
    if given.json:
        given.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    print("\n".join(table(found)))
    if missing := [row.name for row in ROWS if row.name not in found]:
        sys.exit(f"failed: {', '.join(missing)}; see their logs in {given.runs}")


if __name__ == "__main__":
    main()
