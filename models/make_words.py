"""The language model of words that ships: its training, what it is judged on, its text, its card.

    python models/make_words.py --corpora FOLDER [--run RUN]

Trains with `rnnviz train` unless `--run` names a finished run, and writes `models/war-and-peace-words.safetensors` in
half precision, its card, and the end of the book that it is shown on, which it never saw. FOLDER holds `warpeace.txt`.

The last tenth of the book is held out. Settings were chosen on the first half of it (`TRIED`), and the figure is of the
second half, with which nothing was chosen. Beside it stand a unigram and a bigram model on the same words.
"""

from __future__ import annotations

import argparse
import math
import shlex
import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from make import command, samples, thinned, where

from rnnviz.core.export.line_figure import Line, line_figure
from rnnviz.core.export.svg import svg
from rnnviz.core.models.translation import UNKNOWN_ID
from rnnviz.core.runs.directory.config import read_config
from rnnviz.core.runs.directory.log import read_events
from rnnviz.core.sequences.text import Text
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.training_tasks.corpus import held_out_loss, split

MODELS = Path(__file__).parent
NAME, TITLE, BOOK = "war-and-peace-words", "War and Peace, words", "warpeace.txt"
SHOWN, SHOWN_CHARACTERS = "war-and-peace-end.txt", 41_000
OPTIONS = (
    "--task words --architecture lstm --layers 1 --units 256 --embedding 96 --dropout 0.5 --batch 32 "
    "--sequence-length 35 --learning-rate 0.002 --epochs 30 --optimiser adamw --weight-decay 0.1 "
    "--held-out 0.1 --temperatures 0.8 --option vocabulary=5000"
)
TRIED = (
    ("dropout 0.3, Adam, 8 passes", 4.335),
    ("dropout 0.5, Adam, 16 passes", 4.282),
    ("dropout 0.5, AdamW with a weight decay of 0.1, 16 passes", 4.184),
    ("a GRU, dropout 0.5, Adam, 12 passes", 4.297),
    ("dropout 0.6, AdamW 0.05, 64 streams, rate 0.004, 24 passes", 4.183),
    ("**dropout 0.5, AdamW 0.1, 30 passes**", 4.100),
    ("dropout 0.6, AdamW 0.1, 64 streams, rate 0.004, 40 passes", 4.115),
    ("dropout 0.5, AdamW 0.3, 16 passes", 4.211),
    ("dropout 0.6, AdamW 0.2, 70 words at once, rate 0.003, 30 passes", 4.111),
)
"""What was trained besides, and its nats a word on the first half of what is held out."""
WORDS = ("Prince", "Natasha", "three", "said", "hand", "could", "army", "black")
"""Whose neighbours the card shows; written down before they were looked at."""
Ids = npt.NDArray[np.int64]


def counted_losses(training: Ids, judged: Ids, words: int) -> tuple[float, float]:
    """Nats a word of a unigram and of a bigram model, both by counts of the training part.

    The bigram model takes 0.75 off each count and gives it to the unigram (absolute discounting,
    Ney, Essen and Kneser 1994), which has one added to each count.
    """
    ones = np.bincount(training, minlength=words) + 1.0
    unigram = ones / ones.sum()
    pairs = Counter(zip(training[:-1].tolist(), training[1:].tolist(), strict=True))
    firsts = Counter(training[:-1].tolist())
    kinds = Counter(first for first, _ in pairs)
    bigram = 0.0
    for first, second in zip(judged[:-1].tolist(), judged[1:].tolist(), strict=True):
        total, low = firsts[first], unigram[second]
        if total:
            kept = max(pairs[first, second] - 0.75, 0) / total
            low = kept + 0.75 * kinds[first] / total * low
        bigram -= math.log(low)
    return float(-np.log(unigram[judged[1:]]).mean()), bigram / (len(judged) - 1)


def neighbours(model: LanguageModel, word: str, count: int = 5) -> list[str]:
    """The words whose embeddings have the largest cosine with this word's."""
    assert model.embedding is not None
    vectors = model.embedding.weight.detach().numpy()
    vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = vectors @ vectors[model.symbols.index(word)]
    return [model.symbols[place] for place in np.argsort(-cosines)[1 : count + 1].tolist()]


def end_of(book: str) -> str:
    """The end of the book from a paragraph's beginning on, as it stands."""
    return book[book.index("\n\n", len(book) - SHOWN_CHARACTERS) + 2 :].rstrip() + "\n"


def curve(run: Path) -> None:
    """Draw both losses against the step."""
    events = list(read_events(run, "step"))
    steps, losses = ([float(event[key]) for event in events] for key in ("step", "loss_nats"))
    held = [(event["step"], event["loss_nats"]) for event in read_events(run, "validation")]
    lines = [Line("training", *thinned(steps, losses)), Line("held out", *np.array(held, float).T)]
    drawn = line_figure(lines, f"{TITLE}: loss", "step", "nats per word")
    (MODELS / "curves" / f"{NAME}.svg").write_text(svg(drawn), encoding="utf-8")


def make(corpora: Path, run: Path) -> None:
    """Judge the trained model, write it, its text and its card."""
    book = str(Text.read(corpora / BOOK))
    model = open_model(run / "checkpoints" / "latest.safetensors").model
    ids = np.asarray(model.reader.encode(book), np.int64)
    kept, held = split(ids.astype(np.int32), read_config(run).held_out)
    middle = len(held) // 2
    training = {
        **model.description.training,
        "chosen_nats": round(held_out_loss(model, held[:middle]), 4),
        "apart_nats": round(held_out_loss(model, held[middle:]), 4),
    }
    description = msgspec.structs.replace(
        model.description, name=TITLE, default_text=SHOWN, training=training
    )
    target = MODELS / f"{NAME}.safetensors"
    save_model(target, model, description, half=True)
    shown = end_of(book)
    assert len(model.reader.encode(shown)) < middle, "no part of it had a part in the choice"
    (MODELS.parent / "resources" / "texts" / SHOWN).write_text(shown, encoding="utf-8")
    half = open_model(target).model
    apart = held_out_loss(half, held[middle:])
    unigram, bigram = counted_losses(kept.numpy(), held[middle:].numpy(), len(model.symbols))
    curve(run)
    unknown = float((held[middle:] == UNKNOWN_ID).float().mean())
    lines = [
        f"# {TITLE}",
        "",
        "A language model of words: LSTM, 1 layer of 256 units, learned embeddings of 96 numbers, "
        f"{len(model.symbols):,} words and signs (a blank line between words is one, whatever is "
        f"rarer is `<unk>`), {training['parameters']:,} parameters in half precision, "
        f"{target.stat().st_size / 1e6:.1f} MB.",
        "",
        "**Corpus.** War and Peace by Leo Tolstoy, translated by Louise and Aylmer Maude, 3,196,228 "
        f"bytes. Public domain. {len(kept):,} words and signs were trained on, the last "
        f"{len(held):,} are held out.",
        "",
        "**Made with**",
        "",
        "```",
        "rnnviz " + shlex.join(command(run, f"runs/{NAME}", "CORPORA", "")),
        "```",
        "",
        f"in {training['seconds'] / 60:.1f} minutes on {where(run)} ({training['steps']:,} steps, "
        f"{training['epochs']:.0f} passes over the text), then "
        f"`python models/make_words.py --corpora CORPORA --run runs/{NAME}`.",
        "",
        f"**Loss on the second half of what is held out**, walked as one stream, with which nothing "
        f"was chosen: **{apart:.3f} nats per word** ({apart / math.log(2):.3f} bits, perplexity "
        f"{math.exp(apart):.1f}). On the same words a unigram model by counts has {unigram:.3f} nats, "
        f"a bigram model with absolute discounting {bigram:.3f} (perplexities "
        f"{math.exp(unigram):.0f} and {math.exp(bigram):.0f}). {100 * unknown:.1f} % of these words "
        "are `<unk>`. The second half is mostly the second epilogue, Tolstoy's thoughts on history, "
        "and harder than the first, which tells on "
        f"({training['chosen_nats']:.3f} nats).",
        "",
        "**Chosen** on the first half of what is held out among nine trainings (one layer of 256 "
        "units; 32 streams, 35 words at once and a rate of 0.002 unless said otherwise):",
        "",
        "| training | nats per word |",
        "|---|---|",
        *(f"| {words} | {nats:.3f} |" for words, nats in TRIED),
        "",
        f"It is shown on `{SHOWN}`, the last {len(shown):,} characters of the book, of the second half.",
        "",
        f"![Loss in nats per word against step](curves/{NAME}.svg)",
        "",
        "**Nearest words** by the cosine of their embeddings, of words that were written down before they were looked at:",
        "",
        "| word | nearest |",
        "|---|---|",
        *(f"| {word} | {', '.join(neighbours(half, word))} |" for word in WORDS),
        "",
        "**Samples** at temperature 0.8, as training went on.",
        "",
        *samples([run]),
    ]
    text = "\n".join(lines).rstrip() + "\n"
    target.with_suffix(".md").write_text(text, encoding="utf-8")


def main() -> None:
    """Make it."""
    parser = argparse.ArgumentParser(description="Train, judge and describe the model of words.")
    parser.add_argument("--corpora", type=Path, required=True)
    parser.add_argument("--run", type=Path, help="a finished run")
    given = parser.parse_args()
    run = given.run or Path("runs") / NAME
    if given.run is None:
        words = ["train", str(given.corpora / BOOK), "--name", TITLE, "--run", str(run)]
        words += shlex.split(OPTIONS)
        subprocess.run([sys.executable, "-m", "rnnviz", *words], check=True)
    make(given.corpora, run)


if __name__ == "__main__":
    main()
