"""Units chosen on one part of the held-out text and scored on another.

    python models/judging.py CORPORA/linux-consistent.txt RUN [RUN ...] --concepts brace-depth
        [--characters 160000] [--weights latest]

The held-out end of the text is cut in two. On the first half all units of all channels are ranked;
the best for each concept, with its sign, its lag and its threshold, is then scored on the second
half, which had no part in the choice. Of several runs the table says which is best on the first
half, so that the choice of a model, too, does not look at the second.
"""

from __future__ import annotations

import argparse
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.metrics import f1_score, roc_auc_score

from rnnviz.core.concepts import Concept, concept_named
from rnnviz.core.quantities.units import unit_name
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.runs.directory.config import read_config
from rnnviz.core.scoring import Ranking, Score
from rnnviz.core.scoring.ranking import rank
from rnnviz.core.sequences.text import Text
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.training_tasks.corpus import split
from rnnviz.nets.walking.walk import walk


@dataclass(frozen=True)
class Judged:
    """The unit that is best for a concept on one part of a text, and how good it is on another."""

    ranking: Ranking
    """On the first part; its first score chose the unit."""
    auc: float
    """On the second part; of a number, its values above the median of the first part."""
    correlation: float
    f1: float
    """At the threshold that the first part chose; NaN where nothing is true."""
    base_rate: float

    @property
    def chosen(self) -> Score:
        """The unit as it was on the first part."""
        return self.ranking.scores[0]

    @property
    def better(self) -> float:
        """By what a model is chosen: |r| of a number, AUC of a yes or no, on the first part."""
        return abs(self.chosen.correlation) if self.ranking.scalar else self.chosen.auc


def judge(
    model: LanguageModel, text: str, concepts: Sequence[Concept]
) -> tuple[Judged, ...]:
    """Choose on the first half of a text and score on the second, read without a break."""
    half, channels = len(text) // 2, model.network.channel_names
    with tempfile.TemporaryDirectory() as named:
        folder, whole = Path(named), Text.of(text, "held-out text")
        walk(model, whole, folder, channels, until=half, model_stamp="judged")
        rankings = rank(Recording(folder), concepts)
        walk(model, whole, folder, channels, model_stamp="judged")
        recording = Recording(folder)
        return tuple(
            scored(recording, half, concept, ranking)
            for concept, ranking in zip(concepts, rankings, strict=True)
        )


def scored(recording: Recording, start: int, concept: Concept, ranking: Ranking) -> Judged:
    """The unit that a ranking puts first, scored on what comes from `start` on."""
    best, length = ranking.scores[0], recording.walked
    labels = np.asarray(concept.label(str(recording.text)), np.float64)[:length]
    values = np.asarray(recording.values(best.channel, best.unit)[:length], np.float64)
    places = np.arange(start, length)
    places = places[(places + best.lag >= start) & (places + best.lag < length)]
    known = recording.known(0, length)
    places = places[known[places] & known[places + best.lag] & ~np.isnan(labels[places])]
    labels, values = labels[places], best.sign * values[places + best.lag]
    true = labels >= ranking.positive_from
    several = 0 < true.sum() < len(true)
    moving = values.std() > 0 and labels.std() > 0
    return Judged(
        ranking,
        auc=float(roc_auc_score(true, values)) if several else math.nan,
        correlation=float(best.sign * np.corrcoef(labels, values)[0, 1]) if moving else math.nan,
        f1=float(f1_score(true, values >= best.sign * best.threshold)) if several else math.nan,
        base_rate=float(true.mean()),
    )


def held_out(model: LanguageModel, text: str, share: float, characters: int) -> str:
    """The first of these characters that a training which held out this share never saw."""
    ids = model.characters().encode(text)
    _, held = split(ids, share)
    return text[len(text) - len(held) :][:characters]


def main() -> None:
    """Print how the best units of each run are on both halves."""
    torch.set_num_threads(1)
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("text", type=Path, help="what the runs were trained on")
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--concepts", default="brace-depth")
    parser.add_argument("--characters", type=int, default=160_000)
    parser.add_argument("--weights", default="latest", help="or best")
    arguments = parser.parse_args()
    text = str(Text.read(arguments.text))
    concepts = [concept_named(name) for name in arguments.concepts.split(",")]
    print("| run | concept | unit | channel | lag | first half: AUC, r | second half: AUC, r, F1 |")
    print("|---|---|---|---|---|---|---|")
    for run in arguments.runs:
        model = open_model(run / "checkpoints" / f"{arguments.weights}.safetensors").model
        share = read_config(run).held_out
        units = model.recurrent[0].units
        for found in judge(model, held_out(model, text, share, arguments.characters), concepts):
            best = found.chosen
            print(
                f"| {run.name} | {found.ranking.title} "
                f"| {unit_name(best.unit // units, best.unit % units)} | {best.channel} "
                f"| {best.lag:+d} | {best.auc:.3f}, {best.correlation:+.3f} "
                f"| {found.auc:.3f}, {found.correlation:+.3f}, {found.f1:.3f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
