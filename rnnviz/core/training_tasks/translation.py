"""Learning to translate from pairs of sentences."""

from __future__ import annotations

import stat
from collections.abc import Mapping, Sequence
from pathlib import Path

from rnnviz.core.architectures.facts import Setting
from rnnviz.core.files.reading import read_head
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.training_tasks.field import Choice, File, Real, Switch, Whole, Words
from rnnviz.core.training_tasks.rough import seconds_of, stack_parameters, steps_in
from rnnviz.core.training_tasks.shared_fields import (
    batch_tokens,
    longest,
    lower,
    share,
    tokens,
    vocabulary,
    word_vectors,
)
from rnnviz.core.training_tasks.task import Data, Preset, Rough, TaskDescription

_BYTES_A_PAIR, _TOKENS_A_SENTENCE = 70, 20
_HEAD = 1 << 14
_PACKED = (b"\x1f\x8b", b"\xfd7zXZ\x00")
_COMMON: Mapping[str, Setting] = {
    "architecture": "gru", "layers": 1, "dropout": 0.2, "batch": 64, "learning_rate": 0.003,
    "warmup_steps": 200, "held_out": 0.02, "validation_every": 500, "checkpoint_every": 500,
    "parameters_every": 100, "gradient_steps_every": 250,
}  # fmt: skip
_MADE = {"units": 64, "embedding": 32, "dropout": 0.1, "steps": 2500, "warmup_steps": 50,
         "held_out": 0.05, "validation_every": 250, "checkpoint_every": 250}  # fmt: skip

_LETTERS = {"tokens": "characters", "vocabulary": 100}

_FROM_FILES = ("made", ("",))


def rough(config: TrainingConfig, size: int) -> Rough:
    """Steps and seconds of a run on a corpus of so many bytes."""
    options = config.options
    pairs = float(options.get("made_pairs", 10_000)) if options.get("made") else (
        max(1.0, size / _BYTES_A_PAIR)
    )  # fmt: skip
    steps = steps_in(config, pairs)
    width = config.embedding or config.units
    vocabulary = int(options.get("vocabulary", 4000))
    # Encoder both ways, decoder, and the softmax over the target's words.
    parameters = 3 * stack_parameters(config, width + config.units) + vocabulary * config.units
    return Rough(steps, seconds_of(config, steps, parameters, 2 * _TOKENS_A_SENTENCE))


def problem(files: Sequence[Path], config: TrainingConfig) -> str:
    """Why these files are no pairs of sentences, as far as their beginnings say."""
    heads = []
    for path in files:
        try:
            if not stat.S_ISREG(path.stat().st_mode):
                return f"{path.name} is no file; choose a file of pairs"
            heads.append(read_head(path, _HEAD))
        except OSError as error:
            return f"{path.name} cannot be read: {error.strerror}"
        if not heads[-1]:
            return f"{path.name} is empty; choose a file of pairs"
    apart = [
        path
        for path, head in zip(files, heads, strict=True)
        if b"\t" not in head and b"|||" not in head and not head.startswith(_PACKED)
    ]
    if apart and len(files) != 2:
        return (
            f"{apart[0].name} has no tab between two columns; choose a file with a tab between the "
            "sentence and its translation, or two files of as many lines"
        )
    return ""


TRANSLATION = TaskDescription(
    key="translation",
    title="Translation",
    about="Reads a sentence whole, then writes its translation word by word, looking back at it.",
    structure="many-to-many",
    data=Data(
        "Pairs",
        "Choose a file with a tab between a sentence and its translation, or two files of as many "
        "lines.",
        "Choose a file of pairs, or two files",
    ),
    made="made",
    options=(
        Words(
            name="source_language",
            title="From",
            help="The language that is read, for people",
            when=_FROM_FILES,
        ),
        Words(
            name="target_language",
            title="Into",
            help="The language that is written, for people",
            when=_FROM_FILES,
        ),
        Switch(
            name="swap",
            title="From the second column",
            help="The second column, or the second file, is what is read",
            when=_FROM_FILES,
        ),
        Choice(
            name="attention",
            title="Attention",
            help="How the decoder scores what it may look at; none leaves it the encoder's last "
            "state",
            default="additive",
            choices={
                "additive": "Additive",
                "general": "General",
                "dot": "Dot",
                "none": "None",
            },
        ),
        Choice(
            name="order",
            title="It looks",
            help="Before the decoder's step (Bahdanau et al. 2015), from the state before it, or "
            "after it (Luong et al. 2015)",
            default="",
            choices={
                "": "as its paper does",
                "before": "before the step",
                "after": "after the step",
            },
        ),
        Real(
            name="guided",
            title="Guided",
            help="Weight of the loss that draws the attention to the links of an aligner, beside "
            "that of the words; 0 for none, 0.3 is usual",
            default=0.0,
            high=1000,
            smallest_step=0.01,
            special="not at all",
            when=_FROM_FILES,
        ),
        tokens("subwords", "words", "characters", words="What a step reads and writes"),
        vocabulary("Tokens of each language at most", 4000),
        Switch(
            name="bidirectional",
            title="Encoder both ways",
            help="The encoder reads the sentence from both ends",
            default=True,
        ),
        Whole(
            name="attention_units",
            title="Attention units",
            help="Width of the layer inside additive attention; 0 takes that of the decoder",
            default=0,
            high=8192,
            special="as the decoder",
            when=("attention", ("additive",)),
        ),
        Switch(
            name="input_feeding",
            title="Input feeding",
            help="The last attentional state enters the next step (with attention after the step)",
        ),
        Switch(
            name="coverage",
            title="Coverage",
            help="The weights so far enter the score (with additive attention)",
        ),
        lower("Sentences are"),
        longest("Pairs with more tokens on a side are not trained on", 50, 2, 10_000),
        share(
            "joined",
            "Joined",
            "This share of the pairs is joined, two or three in a row, so that long "
            "sentences are learned",
            high=1.0,
        ),
        batch_tokens("sentences"),
        Words(
            name="watch",
            title="Watched sentence",
            help="A held-out sentence whose alignment is shown as training goes on; empty chooses "
            "one",
        ),
        File(
            name="links",
            title="Links",
            help="A file of links, a line a pair, as `rnnviz align --statistical --cut --links "
            "intersection` writes it; without it guided training finds them when it begins",
            choose="Choose a file of links",
            when=_FROM_FILES,
        ),
        File(
            name="vocabularies",
            title="Vocabularies of",
            help="A translation model whose vocabularies are taken, instead of making them of the "
            "corpus",
            choose="Choose a translation model",
        ),
        word_vectors(
            "source_vectors",
            "Source vectors",
            "A word2vec or GloVe text file whose vectors the source embedding begins with",
        ),
        word_vectors("target_vectors", "Target vectors", "The same for the target embedding"),
        Choice(
            name="made",
            title="Pairs from",
            help="Pairs of a corpus, or pairs that are made up",
            default="",
            choices={"": "Files", "dates": "Made-up dates", "reversed": "Made-up words, reversed"},
        ),
        Whole(
            name="made_pairs",
            title="Made-up pairs",
            help="How many pairs are made up",
            default=10_000,
            low=100,
            high=10_000_000,
            when=("made", ("dates", "reversed")),
        ),
    ),
    usual=(
        "made",
        "made_pairs",
        "source_language",
        "target_language",
        "swap",
        "attention",
        "order",
        "guided",
        "tokens",
        "vocabulary",
        "bidirectional",
    ),
    unused=frozenset({"sequence_length", "temperatures", "skip", "default_text"}),
    titles={"batch": "Sentences a step"},
    presets=(
        Preset(
            "small",
            "Small and fast",
            "Minutes on some thousand pairs: enough to see attention find the words.",
            {**_COMMON, "units": 128, "embedding": 64, "steps": 3000,
             "options": {"attention": "general", "order": "after", "vocabulary": 2000}},
        ),
        Preset(
            "guided",
            "Guided by an aligner",
            "An hour or more: the weights are drawn to the words that belong together.",
            {**_COMMON, "units": 256, "embedding": 96, "epochs": 20.0, "learning_rate": 0.004,
             "options": {"attention": "general", "order": "after", "guided": 0.3,
                         "joined": 0.2}},
        ),
        Preset(
            "unguided",
            "Additive attention, not guided",
            "As Bahdanau et al. 2015: where it looks is what it needs, not what belongs together.",
            {**_COMMON, "units": 256, "embedding": 96, "epochs": 20.0,
             "options": {"attention": "additive", "order": "before"}},
        ),
        Preset(
            "none",
            "Without attention",
            "Everything has to pass through one vector: long sentences suffer.",
            {**_COMMON, "units": 256, "embedding": 96, "epochs": 20.0,
             "options": {"attention": "none"}},
        ),
        Preset(
            "reversed-words",
            "Made-up words, reversed",
            "A few minutes, no corpus: letters in reversed order, the attention a diagonal.",
            {**_COMMON, **_MADE, "options": {"made": "reversed", **_LETTERS}},
        ),
        Preset(
            "dates",
            "Made-up dates",
            "A few minutes, no corpus: dates in words into dates in digits.",
            {**_COMMON, **_MADE, "options": {"made": "dates", **_LETTERS}},
        ),
    ),
    rough=rough,
    problem=problem,
    # Reading the corpus, cutting its words and aligning it may take minutes.
    measured=False,
    unit="token",
)  # fmt: skip
