"""How the translation models that ship were made: training commands, BLEU, alignments, cards.

    python models/make_translation.py NAME --corpora FOLDER [--run RUN ...] [--sentences 500]
                                      [--results FILE]
    python models/make_translation.py curve --corpora FOLDER
    python models/make_translation.py commands --corpora FOLDER

The first trains with `rnnviz train` unless `--run` names a finished run (or several, each of which
began with the weights of the one before), measures BLEU and chrF on held-out sentences, takes what `benchmarks/alignment_error.py --json FILE` found, and writes `models/NAME.safetensors` in half
precision with its card. `curve` draws BLEU against sentence length with and without attention (figure
2 of Bahdanau, Cho and Bengio 2015) from every French model that is there. `commands` prints what trains all.
FOLDER is what `models/make_corpora.py` made; `models/make_attentions.py` makes the table of attentions.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import sacrebleu
from make import command as command_of
from make import thinned, where

from rnnviz.core.export.line_figure import Line, line_figure
from rnnviz.core.export.svg import svg
from rnnviz.core.alignments.files.parallel_corpus import Pair, hold_out, read_pairs
from rnnviz.core.runs.directory.config import TrainingConfig, read_config
from rnnviz.core.runs.directory.log import read_events
from rnnviz.nets.alignments.decoding.decoding import decode_many
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.alignments.judging import held_out_loss, translate_lines
from rnnviz.nets.alignments.made_up import made_pairs
from rnnviz.nets.alignments.networks.model import TranslationModel
from rnnviz.nets.alignments.sentences import force_target
from rnnviz.nets.alignments.decoding.settings import Settings

HERE = Path(__file__).parent
FRENCH = (
    "Sentence pairs of Tatoeba (CC BY 2.0), captions of Multi30k (for research and education), WMT's "
    "news test sets of 2008 to 2013 and 5,000 pairs of News Commentary (WMT, for research), and the "
    "Bible (World English Bible, Louis Segond 1910; public domain). Left out: the news test sets of "
    "2014 and 2015, and every pair of which a sentence is in a set that alignments are measured on "
    "(`models/make_corpora.py`)."
)
SPANISH = (
    "Sentence pairs of Tatoeba (CC BY 2.0), WMT's news test sets of 2008 to 2012 (WMT, for research), "
    "and the Bible (World English Bible, Reina-Valera 1909; public domain). Left out: the news test "
    "set of 2013, and every pair of which a sentence is in a set that alignments are measured on "
    "(`models/make_corpora.py`)."
)
PUBLISHED = (("a modern aligner (awesome-align)", 4.1), ("GIZA++", 6.2), ("fast_align", 12.1))
"""Error rates on the Hansards with gold links, in percent."""
BINS = (
    (1, 3), (4, 5), (6, 7), (8, 9), (10, 12), (13, 16), (17, 22), (23, 29), (30, 39), (40, 60),
)  # fmt: skip


@dataclass(frozen=True)
class Recipe:
    """What one model is made of."""

    title: str
    options: str
    corpus: str = FRENCH
    texts: tuple[str, ...] = ("french.tsv.xz",)
    examples: tuple[str, ...] = ()
    remark: str = ""
    """What the command does not say."""


_COMMON = (
    "--task translation --architecture gru --layers 1 --units 256 --embedding 96 --dropout 0.2 "
    "--epochs 40 --learning-rate 0.004 --warmup-steps 200 --held-out 0.02 --precision bfloat16 "
    "--validation-every 1000 --checkpoint-every 1000 --parameters-every 200 "
    "--gradient-steps-every 1000 --option joined=0.2 --option batch_tokens=16000 --option longest=90 "
    "--option vocabularies={corpora}/LANGUAGE.pieces.safetensors"
)
INTO = " --option swap=false --option source_language=TITLE --option target_language=English"
_FROM = " --option swap=true --option source_language=English --option target_language=TITLE"
_GUIDED = (
    " --option attention=general --option order=after --option guided=0.3 "
    "--option links={corpora}/LANGUAGE.links.xz"
)
_PLAIN = " --option attention=none --option order=after"
_UNGUIDED = " --option attention=additive --option attention_units=128 --option order=before"


def options_for(language: str, *parts: str) -> str:
    """The options of a recipe for this language."""
    joined = "".join((_COMMON, *parts))
    return joined.replace("LANGUAGE", language).replace("TITLE", language.title())


_FRENCH_EXAMPLES = (
    "Je ne sais pas où est la gare.",
    "Elle a acheté une petite maison au bord de la mer.",
    "La zone économique européenne est grande.",
    "Je suis étudiant.",
    "Un homme avec un chapeau noir joue de la guitare dans la rue.",
)
_ENGLISH_EXAMPLES = (
    "I don't know where the station is.",
    "She bought a little house by the sea.",
    "I am a student.",
    "A man in a black hat is playing the guitar in the street.",
)
_SPANISH_EXAMPLES = (
    "Mi gato es el mejor.",
    "Estamos comiendo pan.",
    "No sé dónde está la estación.",
    "Ella compró una casa pequeña cerca del mar.",
)
_TO_SPANISH_EXAMPLES = (
    "My cat is the best.",
    "We are eating bread.",
    "I don't know where the station is.",
    "She bought a little house by the sea.",
)
RECIPES = {
    "french-english": Recipe(
        "French to English",
        options_for("french", INTO, _GUIDED),
        examples=(
            *_FRENCH_EXAMPLES[:2],
            "L'accord sur la zone économique européenne a été signé.",
            *_FRENCH_EXAMPLES[3:],
        ),
        remark="What the fourth made was chosen among five continuations and beginnings (other guides, "
        "dropouts, batches, 6,000 pieces) by 1,200 of the held-out pairs, with the links of the "
        "aligner that guides: error rate where both directions agree, nats and BLEU, in all of "
        "which it was the best or tied. The fifth is the only one of its kind, and was taken "
        "because on 1,200 held-out pairs its links differ less from the aligner's (13.4 % for "
        "13.8) at a smaller loss (1.020 nats a token for 1.023). Words that are rare in the "
        "corpus come out wrong, most of all alone: “Salut.” becomes “Salvation.”.",
    ),
    "english-french": Recipe(
        "English to French",
        options_for("french", _FROM, _GUIDED),
        examples=_ENGLISH_EXAMPLES,
    ),
    "spanish-english": Recipe(
        "Spanish to English",
        options_for("spanish", INTO, _GUIDED),
        corpus=SPANISH,
        texts=("spanish.tsv.xz",),
        examples=_SPANISH_EXAMPLES,
    ),
    "english-spanish": Recipe(
        "English to Spanish",
        options_for("spanish", _FROM, _GUIDED),
        corpus=SPANISH,
        texts=("spanish.tsv.xz",),
        examples=_TO_SPANISH_EXAMPLES,
    ),
    "french-english-unguided": Recipe(
        "French to English, unguided",
        options_for("french", INTO, _UNGUIDED),
        examples=_FRENCH_EXAMPLES,
        remark="It is here as the lesson that attention is not alignment: nothing told it where to "
        "look, and it looks from the state before the word is chosen.",
    ),
    "french-english-no-attention": Recipe(
        "French to English, no attention",
        options_for("french", INTO, _PLAIN),
        examples=_FRENCH_EXAMPLES,
    ),
    "english-french-no-attention": Recipe(
        "English to French, no attention",
        options_for("french", _FROM, _PLAIN),
        examples=_ENGLISH_EXAMPLES,
    ),
    "reversed-words": Recipe(
        "Reversed words",
        "--task translation --architecture gru --layers 1 --units 64 --embedding 32 --batch 64 "
        "--steps 2500 --learning-rate 0.003 --dropout 0.1 --warmup-steps 50 --held-out 0.05 "
        "--option made=reversed --option made_pairs=10000 --option tokens=characters",
        corpus="Made up: four to twelve random letters and digits, to be written from the end.",
        texts=(),
        examples=("rnnviz2026", "attention", "abcdefghijkl"),
    ),
}


def command(name: str, corpora: str, run: str) -> list[str]:
    """The arguments of `rnnviz` that train this model."""
    recipe = RECIPES[name]
    texts = [f"{corpora}/{text}" for text in recipe.texts]
    options = shlex.split(recipe.options.replace("{corpora}", corpora))
    return ["train", *texts, "--name", recipe.title, "--run", run, *options]


def commands() -> None:
    """Print what trains all models, one command a line, for other machines to run."""
    for name in (name for name in RECIPES if RECIPES[name].texts):
        words = command(name, "@data", f"@runs/{name}")
        line = shlex.join(["rnnviz", *words]).replace("@data", "{data}").replace("@runs", "{runs}")
        print(line)


def held_out_pairs(name: str, config: TrainingConfig, corpora: Path) -> list[Pair]:
    """What the training never saw."""
    if config.options.get("made"):
        made = made_pairs(config.options["made"], config.options["made_pairs"], config.seed)
        pairs = [(pair.source, pair.target) for pair in made]
    else:
        texts = [corpora / text for text in RECIPES[name].texts]
        pairs = read_pairs(texts, bool(config.options.get("swap")))
    return hold_out(pairs, config.held_out, config.seed)[1]


def by_source(pairs: list[Pair]) -> dict[str, list[str]]:
    """Every translation of each source sentence."""
    references: dict[str, list[str]] = {}
    for source, target in pairs:
        references.setdefault(source, []).append(target)
    return references


def chosen(pairs: list[Pair], count: int) -> dict[str, list[str]]:
    """So many held-out sources from all over the corpus, with all their translations."""
    references = by_source(pairs)
    sources = sorted(references, key=lambda line: hash_of(line))[:count]
    return {source: references[source] for source in sources}


def hash_of(line: str) -> int:
    """A number that looks random and is the same everywhere."""
    import zlib

    return zlib.crc32(f"chosen/{line}".encode())


def score(made: list[str], references: list[list[str]]) -> tuple[float, float]:
    """BLEU and chrF of sacrebleu, each translation against all its references."""
    most = max(len(right) for right in references)
    # None stands where a sentence has fewer references than others; sacrebleu's types forget it.
    streams: Any = [
        [right[n] if n < len(right) else None for right in references] for n in range(most)
    ]
    bleu = sacrebleu.corpus_bleu(made, streams).score
    chrf = sacrebleu.corpus_chrf(made, streams).score
    return bleu, chrf


def measured(model: TranslationModel, pairs: list[Pair], count: int) -> dict[str, Any]:
    """Loss, BLEU and chrF with beams of 1 and 5, and BLEU by length of the source."""
    references = chosen(pairs, count)
    sources = list(references)
    wanted = [references[source] for source in sources]
    found: dict[str, Any] = {
        "sentences": len(sources),
        "held_out_nats": round(held_out_loss(model, pairs), 4),
    }
    for beam in (1, 5):
        made = translate_lines(model, sources, Settings(beam=beam))
        bleu, chrf = score(made, wanted)
        found[f"bleu_beam_{beam}"] = round(bleu, 1)
        found[f"chrf_beam_{beam}"] = round(chrf, 1)
    return found


def by_length(model: TranslationModel, pairs: list[Pair], count: int) -> list[dict[str, float]]:
    """BLEU of greedy translations for sources of so many words; `count` a range at most."""
    references = by_source(pairs)
    rows = []
    for low, high in BINS:
        fitting = [line for line in references if low <= len(line.split()) <= high]
        fitting = sorted(fitting, key=hash_of)[:count]
        if len(fitting) < 10:
            continue
        made = translate_lines(model, fitting, Settings())
        bleu, _ = score(made, [references[line] for line in fitting])
        mean = float(np.mean([len(line.split()) for line in fitting]))
        rows.append({"words": round(mean, 1), "sentences": len(fitting), "bleu": round(bleu, 1)})
    return rows


def alignment_of_made_up(model: TranslationModel, kind: str) -> float:
    """The share of characters whose heaviest weight lies where it belongs, on 1,000 new pairs."""
    pairs = made_pairs(kind, 1000, seed=99)
    found = decode_many(model, [model.source.encode(pair.source) for pair in pairs])
    right = total = 0
    for pair, one in zip(pairs, found, strict=True):
        assert one is not None and one.best.weights is not None
        heaviest = one.best.weights.argmax(dim=1).tolist()
        for place, allowed in enumerate(pair.right):
            if allowed:
                total += 1
                right += place < len(heaviest) and heaviest[place] in allowed
    return right / total


def example_lines(model: TranslationModel, examples: tuple[str, ...]) -> list[str]:
    """The examples and their translations, with the word that each word looked at."""
    lines = ["| source | translation (beam 5) |", "|---|---|"]
    for source, made in zip(
        examples, translate_lines(model, examples, Settings(beam=5)), strict=True
    ):
        lines.append(f"| {source} | {made} |")
    return lines


def lecture_lines(model: TranslationModel, foreign: bool) -> list[str]:
    """The lecture's phrase, forced: for each target word the source word it looked at most."""
    about = model.description
    if "Spanish" in (about.source_language, about.target_language):
        pair = ("Mi gato es el mejor.", "My cat is the best.")
    else:
        pair = (
            "L'accord sur la zone économique européenne a été signé.",
            "The agreement on the European Economic Area was signed.",
        )
    source, target = pair if foreign else pair[::-1]
    sentence = force_target(model, source, target)
    weights = sentence.chosen.weights
    if weights is None:
        return []
    looked = [
        f"{token.strip('▁')} ← {sentence.source[int(row.argmax())].strip('▁')} ({float(row.max()):.2f})"
        for token, row in zip(sentence.target, weights, strict=True)
    ]
    return [
        "",
        f"**The lecture's sentence** “{source}” with “{target}” forced, each piece with the source "
        f"piece it looked at most: {', '.join(looked[:-1])}.",
    ]


def card(
    name: str,
    training: dict[str, Any],
    model: TranslationModel,
    runs: list[Path],
) -> str:
    """The model's card, in Markdown; `runs` are the stages of its training."""
    recipe, about = RECIPES[name], model.description
    direction = "both directions" if about.bidirectional else "one direction"
    kinds = {
        "additive": f"additive attention (Bahdanau et al. 2015, {about.attention_units or about.units} "
        "units inside), from the state before the step",
        "general": "multiplicative attention (Luong et al. 2015, general), from the state after it",
        "none": "no attention: the context is the last encoder state",
    }
    guided = (
        f", guided: {about.guided:g} times the loss of looking elsewhere than a statistical aligner "
        "(`rnnviz train --option guided`) was added in training"
        if about.guided
        else ", unguided"
        if about.attention != "none"
        else ""
    )
    lines = [
        f"# {recipe.title}",
        "",
        f"A translation model: {about.architecture.upper()} encoder in {direction} and decoder, "
        f"{about.layers} layer of {about.units} units, embeddings of {about.embedding} numbers, "
        f"{kinds[about.attention]}{guided}. {len(about.source.tokens):,} source and "
        f"{len(about.target.tokens):,} target tokens ({about.source.kind}), "
        f"{training['parameters']:,} parameters in half precision.",
        "",
        f"**Corpus.** {recipe.corpus} {training['pairs']:,} pairs were trained on; "
        f"{training['held_out_pairs']:,} are held out: whole source sentences with all their "
        "translations, and whatever shares one of those is left out of both parts.",
        "",
        "**Made with**",
        "",
        "```",
        *("rnnviz " + shlex.join(each) for each in commands_of(name, runs)),
        "```",
        "",
        f"{training['steps']:,} steps ({training['epochs']:.2f} epochs) in "
        f"{training['seconds'] / 60:.1f} minutes on {where(runs[-1])}. {ended(runs)}"
        f"{recipe.remark}".rstrip(),
        "",
        *scores(training),
        "",
        *example_lines(model, recipe.examples),
    ]
    return "\n".join(lines).rstrip() + "\n"


def commands_of(name: str, runs: list[Path]) -> list[list[str]]:
    """The arguments of `rnnviz` of every stage, as the runs themselves kept them."""
    folders = [f"runs/{name}-{stage + 1}" for stage in range(len(runs) - 1)] + [f"runs/{name}"]
    found = []
    for run, folder, before in zip(runs, folders, ["", *folders], strict=False):
        words = command_of(run, folder, "CORPORA", before)
        # As `make_corpora.py` packs them.
        found.append([word + ".xz" * word.endswith((".tsv", ".links")) for word in words])
    return found


def ended(runs: list[Path]) -> str:
    """How the stages of a training hang together, and that the clock ended it, where it did."""
    said = ""
    if len(runs) > 1:
        said = "The second command went on from the weights of the first, rounded to eight bits"
        said += ", later ones from those before in half precision. " if len(runs) > 2 else ". "
    minutes = read_config(runs[-1]).minutes
    if any(read_events(runs[-1], "stopped")):
        seconds = list(read_events(runs[-1], "step"))[-1]["seconds"]
        said += (
            f"The last was stopped by hand after {seconds:.0f} of its {60 * minutes:.0f} seconds. "
        )
    if minutes:
        said += (
            "The clock ended it, so a faster or slower machine makes other steps of it, and the "
            "figures of a model made anew differ by some tenths. "
        )
    return said


def scores(training: dict[str, Any]) -> list[str]:
    """What was measured, as it stands in the model file."""
    lines = [f"**Held-out loss: {training['held_out_nats']:.3f} nats a token.**"]
    if "bleu_beam_1" in training:
        lines += [
            "",
            f"On {training['sentences']:,} held-out sentences, against all their translations "
            "(sacrebleu):",
            "",
            "| | BLEU | chrF |",
            "|---|---|---|",
            *(
                f"| beam {beam} | {training[f'bleu_beam_{beam}']} | {training[f'chrf_beam_{beam}']} |"
                for beam in (1, 5)
            ),
        ]
    if rows := training.get("bleu_by_length"):
        lines += [
            "",
            "BLEU against the length of the source, greedy (the French models "
            "[as a picture](curves/bleu-against-length.svg); long sentences are of other texts than "
            "short ones):",
            "",
            "| words, on average | " + " | ".join(f"{row['words']:g}" for row in rows) + " |",
            "|---" * (len(rows) + 1) + "|",
            "| BLEU | " + " | ".join(f"{row['bleu']:g}" for row in rows) + " |",
            "| sentences | " + " | ".join(f"{row['sentences']:g}" for row in rows) + " |",
        ]
    if "alignment_accuracy" in training:
        lines += [
            "",
            f"**Alignment.** On 1,000 new words, {training['alignment_accuracy']:.2%} of the "
            "characters have their heaviest weight where they come from.",
        ]
    lines += alignment_lines(training)
    return lines


def alignment_lines(training: dict[str, Any]) -> list[str]:
    """Error rates beside their baselines, and what else `benchmarks/alignment_error.py` found."""
    lines: list[str] = []
    if found := training.get("alignments"):
        lines += [
            "",
            "**Alignment error rate** in per cent, the given translation forced, pieces joined to "
            "words; none of these pairs was trained on (`benchmarks/alignment_error.py`):",
            "",
            "| | by target | by source | both | aligner: intersection, grown | diagonal |",
            "|---|---|---|---|---|---|",
        ]
        for title, row in found.items():
            beside = training["alignment_baselines"].get(title, {})
            aligner = [beside.get(f"aligner, {how}", "-") for how in _GROWN]
            lines.append(
                f"| {title} | {row['target']} | {row['source']} | {row['both']} | "
                f"{aligner[0]}, {aligner[1]} | {beside.get('diagonal', '-')} |"
            )
        lines += [
            "",
            "The aligner is `rnnviz align --statistical` on the training pairs and these, without "
            "their links. The links of the everyday pairs are those of another aligner (eflomal), "
            "of those by hand a reader's.",
        ]
        if any(title == "Hansards" for title in found):
            published = ", ".join(f"{who} {rate} %" for who, rate in PUBLISHED)
            lines.append(f"Published for the Hansards: {published}.")
        for title, row in found.items():
            if right := row.get("right"):
                said = ", ".join(f"{kind} words {share:g} %" for kind, share in right.items())
                lines += ["", f"Of {title} pairs look at a possible link: {said}."]
    if news := training.get("news"):
        lines += [
            "",
            f"**News** ({news['sentences']} sentences of the last WMT test sets, never trained on): "
            f"BLEU {news['bleu']}, {news['nats']} nats a token.",
        ]
        rows = training["news_by_length"]
        lines += [
            "",
            "| words of the source | "
            + " | ".join("{}-{}".format(*row["words"]) for row in rows)
            + " |",
            "|---" * (len(rows) + 1) + "|",
            "| BLEU | " + " | ".join(f"{row['bleu']:g}" for row in rows) + " |",
        ]
    return lines


_GROWN = ("intersection", "grow-diag-final-and")


def judged(path: Path, name: str) -> dict[str, Any]:
    """What the benchmark of alignments wrote about this model."""
    results = json.loads(path.read_text(encoding="utf-8"))
    found = results["models"][name]
    return {
        **({"alignments": found["alignments"]} if "alignments" in found else {}),
        "alignment_baselines": results["baselines"],
        "news": found["translations"].get("news"),
        "news_by_length": found["translations"].get("by length"),
    }


def make(
    name: str, corpora: Path, runs: list[Path], count: int, results: Path | None = None
) -> None:
    """Measure the trained model, write it and its card."""
    recipe, config = RECIPES[name], read_config(runs[-1])
    stages = [open_model(run / "checkpoints" / "latest.safetensors").model for run in runs]
    model, trainings = stages[-1], [stage.description.training for stage in stages]
    pairs = held_out_pairs(name, config, corpora)
    training = {
        **trainings[-1],
        **{key: sum(each[key] for each in trainings) for key in ("steps", "epochs", "seconds")},
        **measured(model, pairs, count),
    }
    if config.options.get("made"):
        training["alignment_accuracy"] = alignment_of_made_up(model, config.options["made"])
        for key in list(training):
            if key.startswith(("bleu", "chrf")):
                del training[key]
    else:
        training["bleu_by_length"] = by_length(model, pairs, count // 4)
        if results is not None:
            training |= judged(results, name)
    description = msgspec.structs.replace(
        model.description, name=recipe.title, examples=recipe.examples, training=training
    )
    target = HERE / f"{name}.safetensors"
    save_model(target, model, description, half=True)
    text = card(name, training, open_model(target).model, runs)
    if not config.options.get("made"):
        lecture = lecture_lines(model, model.description.source_language != "English")
        text += "\n".join(lecture) + "\n" if lecture else ""
    text += "\n".join(as_it_learned(name, runs)) + "\n"
    target.with_suffix(".md").write_text(text, encoding="utf-8")
    print(json.dumps(training, indent=1))


def as_it_learned(name: str, runs: list[Path]) -> list[str]:
    """The losses as a picture beside the card, and one held-out sentence at every stage."""
    before = 0
    steps: list[float] = []
    losses: list[float] = []
    held_out: list[tuple[float, float]] = []
    samples: list[tuple[int, str]] = []
    for run in runs:
        events = list(read_events(run, "step"))
        steps += [before + each["step"] for each in events]
        losses += [float(each["loss_nats"]) for each in events]
        judgements = read_events(run, "validation")
        held_out += [(before + each["step"], each["loss_nats"]) for each in judgements]
        shown = [each for each in read_events(run, "sample") if each["temperature"] == 0]
        samples += [(before + each["step"], each["text"]) for each in shown]
        before += events[-1]["step"]
    lines = [
        Line("training", *thinned(steps, losses)),
        Line("held out", *np.array(held_out, float).T),
    ]
    drawn = line_figure(lines, f"{RECIPES[name].title}: loss", "step", "nats per token")
    (HERE / "curves" / f"{name}.svg").write_text(svg(drawn), encoding="utf-8")
    source = samples[-1][1].partition("\n")[0]
    rows = []
    for step, text in samples:
        made = text.partition("\n")[2].strip().replace("|", "\\|")
        rows.append(f"| {step:,} | {made[:120]} |")
    return [
        "",
        f"![Loss in nats per token against step](curves/{name}.svg)",
        "",
        f"“{source}”, which is held out, as training went on:",
        "",
        "| step | greedy translation |",
        "|---|---|",
        *rows,
    ]


def curve() -> None:
    """Draw BLEU against length of all French models that measured it."""
    lines = []
    for name, recipe in RECIPES.items():
        path = HERE / f"{name}.safetensors"
        if recipe.corpus != FRENCH or not path.exists():
            continue
        training = open_model(path).model.description.training
        rows = training.get("bleu_by_length")
        if rows:
            x, y = (np.array([row[key] for row in rows], float) for key in ("words", "bleu"))
            lines.append(Line(recipe.title, x, y))
    title, size = "BLEU against sentence length", (960.0, 400.0)
    drawn = line_figure(lines, title, "words in the source", "BLEU", size)
    folder = HERE / "curves"
    folder.mkdir(exist_ok=True)
    (folder / "bleu-against-length.svg").write_text(svg(drawn), encoding="utf-8")


def main() -> None:
    """Make one model, or the picture."""
    parser = argparse.ArgumentParser(description="Train, measure and describe a translation model.")
    parser.add_argument("name", choices=[*RECIPES, "curve", "commands"])
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--run", type=Path, nargs="+", help="a finished run, or one a stage")
    parser.add_argument("--sentences", type=int, default=500)
    parser.add_argument("--results", type=Path, help="what benchmarks/alignment_error.py wrote")
    arguments = parser.parse_args()
    if arguments.name == "curve":
        curve()
        return
    if arguments.name == "commands":
        commands()
        return
    runs = arguments.run or [Path("runs") / arguments.name]
    if arguments.run is None:
        words = command(arguments.name, str(arguments.corpora), str(runs[0]))
        subprocess.run([sys.executable, "-m", "rnnviz", *words], check=True)
    make(arguments.name, arguments.corpora, runs, arguments.sentences, arguments.results)


if __name__ == "__main__":
    main()
