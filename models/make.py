"""How the models that ship were made: the training commands, what was measured, the cards.

    python models/make.py NAME --corpora FOLDER [--run RUN ...] [--characters 120000]

Trains with `rnnviz train` unless `--run` names the finished runs of its stages, ranks the units on
held-out text, and writes `models/NAME.safetensors` in half precision and its card `models/NAME.md`.
FOLDER holds the corpora by the names below; the cards say what they are and where they come from.
"""

from __future__ import annotations

import argparse
import math
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import torch

from rnnviz.core.concepts import concept_named
from rnnviz.core.export.line_figure import Line, line_figure
from rnnviz.core.export.svg import svg
from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.runs.config import TrainingConfig, read_config
from rnnviz.core.runs.log import read_events
from rnnviz.core.scoring import Ranking, Score, rank
from rnnviz.core.sequences.text import Text
from rnnviz.core.quantities.units import unit_name
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.training.corpus import held_out_loss, split
from rnnviz.nets.walking.walk import walk

Floats = npt.NDArray[np.float64]

WAR_AND_PEACE = (
    "War and Peace by Leo Tolstoy, translated by Louise and Aylmer Maude, 3,196,228 bytes, with "
    "hard-wrapped lines and straight quotes, the book of the experiments of Karpathy, Johnson and "
    "Fei-Fei (2015). Public domain."
)
LINUX = (
    "6,199,956 bytes of `kernel/**/*.[ch]` of Linux 6.1, from Debian's package `linux-source-6.1`, "
    "the files shuffled. GPL-2.0."
)
SHAKESPEARE = "1,115,394 bytes of the plays, known as tinyshakespeare. Public domain."
STACKS = (
    "Six chapters of the Stacks project in LaTeX (algebra, sets, topology, schemes, varieties, "
    "curves), 2.9 MB. GFDL-1.2."
)


@dataclass(frozen=True)
class Recipe:
    """What one model is made of."""

    title: str
    texts: tuple[str, ...]
    corpus: str
    stages: tuple[str, ...]
    """Options of `rnnviz train`; each stage starts from the weights of the one before."""
    concepts: tuple[str, ...]
    """The first is what the window shows when it opens the model."""
    default_text: str
    remark: str = ""
    """What the commands do not say."""


_BOOK = ("warpeace.txt",)
_LARGE = (
    "--architecture lstm --layers 2 --units 384 --embedding 128 --precision bfloat16 --batch 32 "
    "--sequence-length 64 --learning-rate 0.004 --validation-every 1000"
)
_SMALL = "--embedding 64 --batch 16 --sequence-length 64 --learning-rate 0.002"
_PROSE = ("inside-quotes", "position-in-line")
RECIPES = {
    "war-and-peace-lstm": Recipe(
        "War and Peace",
        _BOOK,
        WAR_AND_PEACE,
        (f"{_LARGE} --dropout 0.2 --epochs 9",),
        (*_PROSE, "upper-case-word", "position-in-word"),
        "pride-and-prejudice.txt",
    ),
    "linux-kernel-lstm": Recipe(
        "Linux kernel",
        ("linux.txt",),
        LINUX,
        (f"{_LARGE} --dropout 0.1 --epochs 6.5 --held-out 617476",),
        (
            "comment-or-string",
            "inside-comment",
            "inside-if-condition",
            "indentation",
            "brace-depth",
            "parenthesis-depth",
            "preprocessor-line",
        ),
        "libbpf.c",
        "No unit follows the brace depth or the indentation with a correlation of 0.7: the best, "
        "-0.65, tells inside a function from outside (AUC 0.99). The model before this one, at "
        "1.126 nats, had a cell with -0.83; a GRU of 160 units, three minutes of training, came to "
        "-0.58.",
    ),
    "shakespeare-gru": Recipe(
        "Shakespeare",
        ("tinyshakespeare.txt",),
        SHAKESPEARE,
        (
            f"--architecture gru --layers 2 --units 128 --dropout 0.2 --epochs 6 {_SMALL} "
            "--validation-every 1000",
        ),
        ("upper-case-word", "position-in-line", "position-in-word"),
        "midsummer-nights-dream.txt",
    ),
    "stacks-lstm": Recipe(
        "Stacks project",
        tuple(
            f"stacks/{chapter}.tex"
            for chapter in ("algebra", "sets", "topology", "schemes", "varieties", "curves")
        ),
        STACKS,
        (f"--architecture lstm --layers 2 --units 160 --epochs 3 {_SMALL}",),
        ("inside-mathematics", "environment-depth", "position-in-line"),
        "testmath.tex",
    ),
    **{
        f"war-and-peace-small-{architecture}": Recipe(
            f"War and Peace, small {title}",
            _BOOK,
            WAR_AND_PEACE,
            (f"--architecture {architecture} --layers 2 --units {units} --epochs 3 {_SMALL}",),
            _PROSE,
            "pride-and-prejudice.txt",
            "Small models of three architectures have the same number of parameters, the same "
            "seeds and the same training, for comparisons.",
        )
        for architecture, title, units in (
            ("lstm", "LSTM", 128),
            ("gru", "GRU", 149),
            ("rnn", "RNN", 260),
        )
    },
}


def run_folder(name: str, stage: int) -> str:
    """Where a stage of the training writes."""
    return f"runs/{name}" if stage == len(RECIPES[name].stages) - 1 else f"runs/{name}-{stage + 1}"


def commands(name: str, corpora: str) -> list[list[str]]:
    """The arguments of `rnnviz` that train this model, one list a stage."""
    recipe, made = RECIPES[name], []
    texts = [f"{corpora}/{text}" for text in recipe.texts]
    for stage, options in enumerate(recipe.stages):
        arguments = ["train", *texts, "--name", recipe.title, "--run", run_folder(name, stage)]
        arguments += shlex.split(options)
        if stage:
            before = f"{run_folder(name, stage - 1)}/checkpoints/latest.safetensors"
            arguments += ["--start-from", before]
        made.append(arguments)
    return made


def figures(score: Score) -> dict[str, float | int]:
    """The numbers of a score that a card states."""
    named = {"auc": score.auc, "correlation": score.correlation, "f1": score.f1}
    rounded = {key: round(value, 4) for key, value in named.items() if math.isfinite(value)}
    return {**rounded, "lag": score.lag, "sign": score.sign}


def findings(rankings: list[Ranking], units: int) -> tuple[dict[str, Any], ...]:
    """The best unit for each concept, as the header of the model keeps it."""
    return tuple(
        {
            "concept": ranking.concept,
            "title": ranking.title,
            "channel": best.channel,
            "layer": best.unit // units,
            "unit": best.unit % units,
            "score": figures(best),
            "base_rate": round(ranking.base_rate, 4),
            "chance": {
                "auc": round(ranking.null_auc, 4),
                "correlation": round(ranking.null_correlation, 4),
            },
        }
        for ranking in rankings
        for best in ranking.scores[:1]
    )


def card(
    name: str, description: ModelDescription, runs: list[Path], half_nats: float, characters: int
) -> str:
    """The model's card, in Markdown."""
    recipe, training = RECIPES[name], description.training
    nats = training["held_out_nats"]
    kind = {"lstm": "LSTM", "gru": "GRU", "rnn": "vanilla RNN"}[description.architecture]
    minutes = training["seconds"] / 60
    lines = [
        f"# {recipe.title}",
        "",
        f"A character model: {kind}, {description.layers} layers of {description.units} units, "
         f"{fed(description)} of {len(description.vocabulary)} characters, "
         f"{training['parameters']:,} parameters; weights in half precision.",
        "",
        f"**Corpus.** {recipe.corpus} The last {training['held_out_characters']:,} characters "
         "were held out.",
        "",
        "**Made with**",
        "",
        "```",
        *("rnnviz " + shlex.join(each) for each in commands(name, "CORPORA")),
        "```",
        "",
        f"in {minutes:.0f} minutes on one core of a busy two-core machine without an accelerator "
         f"({training['steps']:,} steps), then",
        f"`python models/make.py {name} --corpora CORPORA`. {recipe.remark}".rstrip(),
        "",
        f"**Loss on the held-out text**, walked as one stream: **{nats:.3f} nats per character** "
         f"({nats / math.log(2):.3f} bits, perplexity {math.exp(nats):.2f}). The file in half "
         f"precision gives {half_nats:.4f} on its first {characters:,} characters. Training loss "
         f"at the end, smoothed: {training['loss_nats']:.3f}.",
        "",
        *curve(name, runs),
        "",
        f"**Units**, ranked on the first {characters:,} held-out characters over all channels. For "
         "a number, AUC is of values above its median; chance is the best of all units under "
         "shifted labels.",
        "",
        "| concept | unit | channel | AUC | r | F1 | lag | base rate | chance: AUC, r |",
        "|---|---|---|---|---|---|---|---|---|",
        *(finding_row(found) for found in description.findings),
        "",
        "**Samples** at temperature 0.8, as training went on.",
        "",
        *samples(runs),
    ]
    return "\n".join(lines).rstrip() + "\n"


def fed(description: ModelDescription) -> str:
    """What enters the first layer, in words."""
    if not description.embedding:
        return "one-hot input"
    return f"learned embeddings ({description.embedding} numbers each)"


def finding_row(found: dict[str, Any]) -> str:
    """One unit as a row of the card's table."""
    score, chance = found["score"], found["chance"]
    f1 = f"{score['f1']:.3f}" if "f1" in score else "–"
    return (
        f"| {found['title']} | {unit_name(found['layer'], found['unit'])} | {found['channel']} "
        f"| {score['auc']:.3f} | {score['correlation']:+.3f} | {f1} | {score['lag']:+d} "
        f"| {found['base_rate']:.3f} | {chance['auc']:.3f}, {chance['correlation']:.3f} |"
    )


def curve(name: str, runs: list[Path]) -> list[str]:
    """The losses of all stages: a picture beside the card, and the held-out ones as a table."""
    rows, before = [], 0
    steps: list[float] = []
    losses: list[float] = []
    held_out: list[tuple[float, float]] = []
    for run in runs:
        events = list(read_events(run, "validation"))
        for event in read_events(run, "step"):
            steps.append(before + event["step"])
            losses.append(float(event["loss_nats"]))
        for event in events:
            streams = "one stream" if event["streams"] == 1 else f"{event['streams']} streams"
            held_out.append((before + event["step"], float(event["loss_nats"])))
            rows.append(f"| {before + event['step']:,} | {held_out[-1][1]:.3f} | {streams} |")
        before += events[-1]["step"] if events else 0
    lines = [Line("training", *thinned(steps, losses)), Line("held out", *np.array(held_out).T)]
    title, folder = f"{RECIPES[name].title}: loss", Path(__file__).parent / "curves"
    folder.mkdir(exist_ok=True)
    drawn = line_figure(lines, title, "step", "nats per character")
    (folder / f"{name}.svg").write_text(svg(drawn), encoding="utf-8")
    picture = f"![Loss in nats per character against step](curves/{name}.svg)"
    return [picture, "", "| step | held-out loss, nats | measured on |", "|---|---|---|", *rows]


def thinned(steps: list[float], losses: list[float]) -> tuple[Floats, Floats]:
    """Means of up to 200 equal groups of steps; the first, where the loss falls steeply, apart."""
    groups = [each for each in np.array_split(np.array([steps, losses]), 200, axis=1) if each.size]
    means = np.array([group.mean(axis=1) for group in groups[1:] or groups])
    return means[:, 0], means[:, 1]


def samples(runs: list[Path]) -> list[str]:
    """What the model wrote at four moments, at temperature 0.8: early, and at the end."""
    drawn, before = [], 0
    for run in runs:
        events = [each for each in read_events(run, "sample") if each["temperature"] == 0.8]
        drawn += [(before + event["step"], event["text"]) for event in events if event["step"]]
        before += events[-1]["step"]
    wanted = [before * share for share in (0.01, 0.1, 0.4)]
    early = {min(drawn, key=lambda each: abs(each[0] - step)) for step in wanted}
    lines = []
    for step, text in [*sorted(early - {drawn[-1]}), drawn[-1]]:
        shown = text.strip("\n").replace("```", "` ` `")
        lines += [f"After {step:,} steps:", "", "```text", shown, "```", ""]
    return lines


def make(name: str, corpora: Path, runs: list[Path], characters: int) -> None:
    """Rank the trained model, write it and its card."""
    recipe = RECIPES[name]
    config: TrainingConfig = read_config(runs[-1])
    stages = [open_model(run / "checkpoints" / "latest.safetensors").model for run in runs]
    model = stages[-1]
    full = "".join(str(Text.read(corpora / text)) for text in recipe.texts)
    ids = model.description.characters().encode(full)
    _, held_ids = split(ids, config.held_out)
    held = Text.of(full[len(full) - len(held_ids) :][:characters], "held-out text")
    with tempfile.TemporaryDirectory() as folder:
        walk(model, held, Path(folder), model.architecture.channels)
        concepts = [concept_named(concept) for concept in recipe.concepts]
        rankings = rank(Recording(Path(folder)), concepts)
    trainings = [stage.description.training for stage in stages]
    training = {
        **trainings[-1],
        **{key: sum(each[key] for each in trainings) for key in ("steps", "epochs", "seconds")},
    }
    description = msgspec.structs.replace(
        model.description,
        name=recipe.title,
        default_text=recipe.default_text,
        training=training,
        findings=findings(rankings, model.description.units),
    )
    target = Path(__file__).parent / f"{name}.safetensors"
    save_model(target, model, description, half=True)
    half_nats = held_out_loss(open_model(target).model, held_ids[: len(held)])
    text = card(name, description, runs, half_nats, len(held))
    target.with_suffix(".md").write_text(text, encoding="utf-8")


def main() -> None:
    """Make one model."""
    torch.set_num_threads(1)  # a small network is held up by a second one
    parser = argparse.ArgumentParser(description="Train, rank and describe a model that ships.")
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--run", type=Path, nargs="+", help="finished runs, one a stage")
    parser.add_argument("--characters", type=int, default=120_000)
    arguments = parser.parse_args()
    name = arguments.name
    if arguments.run is None:
        for stage in commands(name, str(arguments.corpora)):
            subprocess.run([sys.executable, "-m", "rnnviz", *stage], check=True)
    stages = range(len(RECIPES[name].stages))
    runs = arguments.run or [Path(run_folder(name, stage)) for stage in stages]
    make(name, arguments.corpora, runs, arguments.characters)


if __name__ == "__main__":
    main()
