"""How the models that ship were made: the training commands, what was measured, the cards.

    python models/make.py NAME --corpora FOLDER [--run RUN] [--characters 150000]

Trains with `rnnviz train` unless `--run` names a finished run, ranks the units on held-out text, and
writes `models/NAME.safetensors` in half precision and its card `models/NAME.md`. FOLDER holds the
corpora by the names below; the cards say what they are and where they come from.
"""

from __future__ import annotations

import argparse
import json
import math
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from rnnviz.core.concepts import concept_named
from rnnviz.core.model_file import ModelDescription
from rnnviz.core.recording import Recording
from rnnviz.core.run_directory import TrainingConfig, read_config, read_events
from rnnviz.core.scoring import Ranking, Score, rank
from rnnviz.core.text import Text
from rnnviz.core.units import unit_name
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.train import held_out_loss, split
from rnnviz.nets.walk import walk

WAR_AND_PEACE = (
    "War and Peace by Leo Tolstoy, translated by Louise and Aylmer Maude, 3,196,228 bytes, lines "
    "wrapped by hand, straight quotes, as the char-rnn experiments of Karpathy, Johnson and Fei-Fei "
    "(2015) used it. Public domain."
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
    options: str
    concepts: tuple[str, ...]
    """The first is what the window shows when it opens the model."""
    default_text: str


_BOOK = ("warpeace.txt",)
_PROSE = ("inside-quotes", "position-in-line")
_SMALL = "--epochs 5"
RECIPES = {
    "war-and-peace-lstm": Recipe(
        "War and Peace",
        _BOOK,
        WAR_AND_PEACE,
        "--architecture lstm --layers 2 --units 384 --dropout 0.1 --epochs 12 "
        "--precision bfloat16 --validation-every 1000",
        (*_PROSE, "upper-case-word", "position-in-word"),
        "pride-and-prejudice.txt",
    ),
    "linux-kernel-lstm": Recipe(
        "Linux kernel",
        ("linux.txt",),
        LINUX,
        "--architecture lstm --layers 2 --units 384 --dropout 0.1 --epochs 7 --held-out 617476 "
        "--precision bfloat16 --validation-every 1000",
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
    ),
    "shakespeare-gru": Recipe(
        "Shakespeare",
        ("tinyshakespeare.txt",),
        SHAKESPEARE,
        "--architecture gru --layers 2 --units 160 --dropout 0.15 --epochs 10 --warmup-steps 100 "
        "--precision bfloat16",
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
        "--architecture lstm --layers 2 --units 192 --epochs 4 --precision bfloat16",
        ("inside-mathematics", "environment-depth", "position-in-line"),
        "testmath.tex",
    ),
    "war-and-peace-small-lstm": Recipe(
        "War and Peace, small LSTM",
        _BOOK,
        WAR_AND_PEACE,
        f"--architecture lstm --layers 2 --units 128 {_SMALL}",
        _PROSE,
        "pride-and-prejudice.txt",
    ),
    "war-and-peace-small-gru": Recipe(
        "War and Peace, GRU",
        _BOOK,
        WAR_AND_PEACE,
        f"--architecture gru --layers 2 --units 149 {_SMALL}",
        _PROSE,
        "pride-and-prejudice.txt",
    ),
    "war-and-peace-small-rnn": Recipe(
        "War and Peace, vanilla RNN",
        _BOOK,
        WAR_AND_PEACE,
        f"--architecture rnn --layers 2 --units 263 --learning-rate 0.001 {_SMALL}",
        _PROSE,
        "pride-and-prejudice.txt",
    ),
}


def command(name: str, corpora: str) -> list[str]:
    """The arguments of `rnnviz` that train this model."""
    recipe = RECIPES[name]
    texts = [f"{corpora}/{text}" for text in recipe.texts]
    options = shlex.split(recipe.options)
    return ["train", *texts, "--name", recipe.title, "--run", f"runs/{name}", *options]


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
    name: str,
    description: ModelDescription,
    run: Path,
    half_nats: float,
    characters: int,
) -> str:
    """The model's card, in Markdown."""
    recipe, training = RECIPES[name], description.training
    nats = training["held_out_nats"]
    samples = {event["step"]: event["text"] for event in read_events(run, "sample")}
    curve = [
        (event["step"], event["loss_nats"]) for event in read_events(run, "validation")
    ]
    kind = {"lstm": "LSTM", "gru": "GRU", "rnn": "vanilla RNN"}[description.architecture]
    lines = [
        f"# {recipe.title}",
        "",
        f"A character model: {kind}, {description.layers} layers of {description.units} units, one-hot "
        f"input of {len(description.vocabulary)} characters, {training['parameters']:,} parameters; "
        "weights in half precision.",
        "",
        f"**Corpus.** {recipe.corpus} The last {training['held_out_characters']:,} characters were "
        "held out.",
        "",
        "**Made with**",
        "",
        "```",
        "rnnviz " + shlex.join(command(name, "CORPORA")),
        "```",
        "",
        f"in {training['seconds'] / 60:.0f} minutes on one core of a shared two-core machine "
        f"({training['steps']:,} steps), then `python models/make.py {name} --corpora CORPORA`.",
        "",
        f"**Loss on the held-out text**, walked as one stream: **{nats:.3f} nats per character** "
        f"({nats / math.log(2):.3f} bits, perplexity {math.exp(nats):.2f}); the file in half "
        f"precision gives {half_nats:.4f} on its first {characters:,} characters. Training loss at "
        f"the end, smoothed, with dropout: {training['loss_nats']:.3f}.",
        "",
        "| step | held-out loss, 64 streams, nats |",
        "|---|---|",
        *(f"| {step:,} | {float(loss):.3f} |" for step, loss in curve[:-1]),
        f"| {curve[-1][0]:,} (one stream) | {float(curve[-1][1]):.3f} |",
        "",
        f"**Units**, ranked on the first {characters:,} held-out characters over all channels. AUC of a "
        "number is for values above its median; chance is the best of all units under shifted labels.",
        "",
        "| concept | unit | channel | AUC | r | F1 | lag | base rate | chance: AUC, r |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for found in description.findings:
        score, chance = found["score"], found["chance"]
        f1 = f"{score['f1']:.3f}" if "f1" in score else "–"
        lines.append(
            f"| {found['title']} | {unit_name(found['layer'], found['unit'])} | {found['channel']} "
            f"| {score['auc']:.3f} | {score['correlation']:+.3f} | {f1} | {score['lag']:+d} "
            f"| {found['base_rate']:.3f} | {chance['auc']:.3f}, {chance['correlation']:.3f} |"
        )
    lines += ["", "**Samples** at temperature 0.8, as training went on.", ""]
    for step, sample in samples.items():
        if step:
            lines += [f"After {step:,} steps:", "", "```text", sample.strip("\n"), "```", ""]
    return "\n".join(lines).rstrip() + "\n"


def make(name: str, corpora: Path, run: Path, characters: int) -> None:
    """Rank the trained model, write it and its card."""
    recipe = RECIPES[name]
    config: TrainingConfig = read_config(run)
    model = open_model(run / "checkpoints" / "latest.safetensors").model
    full = "".join(str(Text.read(corpora / text)) for text in recipe.texts)
    ids = model.description.characters().encode(full)
    _, held_ids = split(ids, config.held_out)
    held = Text.of(full[len(full) - len(held_ids) :][:characters], "held-out text")
    with tempfile.TemporaryDirectory() as folder:
        walk(model, held, Path(folder), model.architecture.channels)
        concepts = [concept_named(concept) for concept in recipe.concepts]
        rankings = rank(Recording(Path(folder)), concepts)
    training = dict(model.description.training)
    description = msgspec.structs.replace(
        model.description,
        name=recipe.title,
        default_text=recipe.default_text,
        training=training,
        findings=findings(rankings, model.description.units),
    )
    target = Path(__file__).parent / f"{name}.safetensors"
    save_model(target, model, description, half=True)
    half = open_model(target).model
    half_nats = held_out_loss(half, held_ids[: len(held)])
    text = card(name, description, run, half_nats, len(held))
    target.with_suffix(".md").write_text(text, encoding="utf-8")
    print(json.dumps(description.findings, indent=1))


def main() -> None:
    """Make one model."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--run", type=Path, help="a finished run; without it the model is trained")
    parser.add_argument("--characters", type=int, default=150_000)
    arguments = parser.parse_args()
    run = arguments.run or Path("runs") / arguments.name
    if arguments.run is None:
        arguments_of_training = command(arguments.name, str(arguments.corpora))
        subprocess.run([sys.executable, "-m", "rnnviz", *arguments_of_training], check=True)
    make(arguments.name, arguments.corpora, run, arguments.characters)


if __name__ == "__main__":
    main()
