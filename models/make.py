"""How the models that ship were made: the training commands, what was measured, the cards.

    python models/make.py NAME --corpora FOLDER [--run RUN ...] [--characters 120000]

Trains with `rnnviz train` unless `--run` names the finished runs of its stages, chooses units on one
half of the held-out text and scores them on the other (`judging.py`), and writes `models/NAME.safetensors` in half precision and its card `models/NAME.md`.
FOLDER holds the corpora by the names below; the cards say what they are and where they come from.
"""

from __future__ import annotations

import argparse
import math
import os
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from judging import Judged, held_out, judge

from rnnviz.core.concepts import concept_named
from rnnviz.core.export.line_figure import Line, line_figure
from rnnviz.core.export.svg import svg
from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.runs.directory.config import TrainingConfig, read_config
from rnnviz.core.runs.directory.log import read_events
from rnnviz.core.sequences.text import Text
from rnnviz.core.quantities.units import unit_name
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.training_tasks.corpus import held_out_loss

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
_COUNTING = (
    "--architecture gru --layers 2 --units 256 --held-out 160000 --temperatures 0.8 "
    "--validation-every 500"
)
_CODE = (
    "brace-depth", "comment-or-string", "inside-if-condition", "inside-comment", "indentation",
    "parenthesis-depth", "preprocessor-line",
)  # fmt: skip
_CONSISTENT = (
    "3,403,007 characters of `kernel/**/*.[ch]` of Linux 6.1 (Debian's `linux-source-6.1`, files "
    "shuffled), the pieces whose indentation follows their braces, chosen by "
    "`models/consistent_code.py`. GPL-2.0."
)
_FIVE = (
    "One of five trainings that were made for units that count, all in float32, one-hot, 2 x 256, "
    "at once: a GRU on War and Peace, a GRU on the whole Linux corpus, two GRUs and an LSTM on its "
    "consistently indented part. "
)
RECIPES = {
    "war-and-peace-gru": Recipe(
        "War and Peace, GRU",
        _BOOK,
        WAR_AND_PEACE,
        (
            f"{_COUNTING} --dropout 0.2 --batch 64 --sequence-length 128 --learning-rate 0.004 "
            "--epochs 12",
        ),
        (*_PROSE, "upper-case-word", "position-in-word"),
        "pride-and-prejudice.txt",
        _FIVE,
    ),
    "linux-kernel-gru": Recipe(
        "Linux kernel, GRU",
        ("linux-consistent.txt",),
        _CONSISTENT,
        (
            f"{_COUNTING} --dropout 0.4 --optimiser adamw --weight-decay 0.05 --batch 32 "
            "--sequence-length 256 --learning-rate 0.003 --seed 1 --epochs 5",
        ),
        _CODE,
        "libbpf.c",
        f"{_FIVE}This one was chosen because its unit for the brace depth is the best on the first "
        "half of the held-out text: |r| 0.94, against 0.85 of the other GRU (dropout 0.1, 64 pieces "
        "at once) and of the LSTM, and 0.76 of the GRU on the whole corpus. The LSTM `linux-kernel-lstm` "
        "predicts better and follows comments and conditions better.",
    ),
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


def command(run: Path, folder: str, corpora: str, before: str) -> list[str]:
    """The arguments of `rnnviz` that made a run, from what the run says of itself."""
    config = read_config(run)
    texts = [f"{corpora}/{text}" for text in texts_of(config)]
    arguments = ["train", *texts, "--name", config.name, "--run", folder]
    for field in msgspec.structs.fields(TrainingConfig):
        value = getattr(config, field.name)
        if field.name in ("texts", "name", "options", "start_from") or value == field.default:
            continue
        option = "--" + field.name.replace("_", "-")
        if isinstance(value, bool):
            arguments.append(option)
        else:
            shown = ",".join(f"{each:g}" for each in value) if isinstance(value, tuple) else value
            arguments += [option, f"{shown:g}" if isinstance(shown, float) else str(shown)]
    for option, value in config.options.items():
        if option in ("links", "vocabularies"):
            value = f"{corpora}/{Path(value).name}"
        shown = str(value).lower() if isinstance(value, bool) else str(value)
        arguments += ["--option", f"{option}={shown}"]
    if config.start_from:
        arguments += ["--start-from", f"{before}/checkpoints/latest.safetensors"]
    return arguments


def texts_of(config: TrainingConfig) -> list[str]:
    """The names of the texts of a run; a chapter of a book keeps its folder."""
    folder = os.path.commonpath([str(Path(text).parent) for text in config.texts])
    chapters = len(config.texts) > 1
    return [
        f"{Path(folder).name}/{Path(t).name}" if chapters else Path(t).name for t in config.texts
    ]


def findings(judged: Sequence[Judged], units: int) -> tuple[dict[str, Any], ...]:
    """The best unit for each concept, as the header of the model keeps it."""
    return tuple(
        {
            "concept": each.ranking.concept,
            "title": each.ranking.title,
            "channel": each.chosen.channel,
            "layer": each.chosen.unit // units,
            "unit": each.chosen.unit % units,
            "score": {
                **figures(auc=each.auc, correlation=each.correlation, f1=each.f1),
                "lag": each.chosen.lag,
                "sign": each.chosen.sign,
            },
            "base_rate": round(each.base_rate, 4),
            "chosen": figures(auc=each.chosen.auc, correlation=each.chosen.correlation),
            "chance": figures(auc=each.ranking.null_auc, correlation=each.ranking.null_correlation),
        }
        for each in judged
        if each.ranking.scores
    )


def figures(**named: float) -> dict[str, float]:
    """Figures that a card states; those that do not exist are left out."""
    return {key: round(value, 4) for key, value in named.items() if math.isfinite(value)}


def card(
    name: str, description: ModelDescription, runs: list[Path], half_nats: float, characters: int
) -> str:
    """The model's card, in Markdown."""
    recipe = RECIPES[name]
    training: dict[str, Any] = description.training
    nats = training["held_out_nats"]
    kind = {"lstm": "LSTM", "gru": "GRU", "rnn": "vanilla RNN"}[description.architecture]
    minutes = training["seconds"] / 60
    folders = [run_folder(name, stage) for stage in range(len(runs))]
    made = [
        command(run, folder, "CORPORA", before)
        for run, folder, before in zip(runs, folders, ["", *folders], strict=False)
    ]
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
        *("rnnviz " + shlex.join(each) for each in made),
        "```",
        "",
        f"in {minutes:.0f} minutes on {where(runs[-1])} ({training['steps']:,} steps, "
        f"{training['epochs']:.1f} passes over the text), then",
        f"`python models/make.py {name} --corpora CORPORA`. {recipe.remark}".rstrip(),
        "",
        f"**Loss on the held-out text**, walked as one stream: **{nats:.3f} nats per character** "
        f"({nats / math.log(2):.3f} bits, perplexity {math.exp(nats):.2f}). The file in half "
        f"precision gives {half_nats:.4f} on its first {characters:,} characters. Training loss "
        f"at the end, smoothed: {training['loss_nats']:.3f}.",
        "",
        *curve(name, runs),
        "",
        f"**Units**, chosen among all units and channels on the first {characters // 2:,} held-out "
        f"characters, and scored on the {characters - characters // 2:,} after them, which had no "
        "part in the choice. For a number, AUC is of values above its median; chance is the best "
        "of all units under shifted labels, where the unit was chosen.",
        "",
        "| concept | unit | channel | AUC | r | F1 | lag | base rate | when chosen: AUC, r "
        "| chance: AUC, r |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *(finding_row(found) for found in description.findings),
        "",
        "**Samples** at temperature 0.8, as training went on.",
        "",
        *samples(runs),
    ]
    return "\n".join(lines).rstrip() + "\n"


def where(run: Path) -> str:
    """What computed a run, in words."""
    started = list(read_events(run, "started"))
    device = started[-1].get("device", "cpu") if started else "cpu"
    if device == "cpu":
        return "one core of a busy two-core machine without an accelerator"
    _, _, card_name = device.partition("(")
    return f"an {card_name.rstrip(')') or device} that other trainings used at the same time"


def fed(description: ModelDescription) -> str:
    """What enters the first layer, in words."""
    if not description.embedding:
        return "one-hot input"
    return f"learned embeddings ({description.embedding} numbers each)"


def finding_row(found: dict[str, Any]) -> str:
    """One unit as a row of the card's table."""
    score = found["score"]
    chosen, chance = (
        f"{both.get('auc', math.nan):.3f}, {both.get('correlation', math.nan):+.3f}"
        for both in (found["chosen"], found["chance"])
    )
    f1 = f"{score['f1']:.3f}" if "f1" in score else "–"
    return (
        f"| {found['title']} | {unit_name(found['layer'], found['unit'])} | {found['channel']} "
        f"| {score.get('auc', math.nan):.3f} | {score.get('correlation', math.nan):+.3f} | {f1} "
        f"| {score['lag']:+d} | {found['base_rate']:.3f} | {chosen} | {chance} |"
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
    held = held_out(model, full, config.held_out, characters)
    judged = judge(model, held, [concept_named(concept) for concept in recipe.concepts])
    trainings = [stage.description.training for stage in stages]
    training = {
        **trainings[-1],
        **{key: sum(each[key] for each in trainings) for key in ("steps", "epochs", "seconds")},
    }
    judgements = [event for run in runs for event in read_events(run, "validation")]
    if not judgements or judgements[-1]["streams"] != 1:  # it was ended before its last judgement
        all_held = held_out(model, full, config.held_out, len(full))
        training["held_out_nats"] = round(held_out_loss(model, encoded(model, all_held)), 4)
    description = msgspec.structs.replace(
        model.description,
        name=recipe.title,
        default_text=recipe.default_text,
        training=training,
        findings=findings(judged, model.recurrent[0].units),
    )
    target = Path(__file__).parent / f"{name}.safetensors"
    save_model(target, model, description, half=True)
    half_nats = held_out_loss(open_model(target).model, encoded(model, held))
    text = card(name, description, runs, half_nats, len(held))
    target.with_suffix(".md").write_text(text, encoding="utf-8")


def encoded(model: LanguageModel, text: str) -> torch.Tensor:
    """The ids of a text, (T,)."""
    return torch.from_numpy(model.characters().encode(text)).long()


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
