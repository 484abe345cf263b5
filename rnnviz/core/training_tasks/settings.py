"""What every training can be told: the settings of `TrainingConfig`, each as a field."""

from __future__ import annotations

from typing import Any

from rnnviz.core.architectures import MADE_HERE
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.training_tasks.field import Choice, Field, File, Real, Reals, Switch, Whole, Words

_MANY = 10_000_000
_USUAL = TrainingConfig()


def _whole(name: str, title: str, words: str, low: int, high: int, **more: Any) -> Whole:
    default = getattr(_USUAL, name)
    return Whole(name=name, title=title, help=words, default=default, low=low, high=high, **more)


def _real(name: str, title: str, words: str, high: float, step: float, **more: Any) -> Real:
    default = getattr(_USUAL, name)
    return Real(
        name=name, title=title, help=words, default=default, high=high, smallest_step=step, **more
    )


def _choice(name: str, title: str, words: str, choices: dict[str, str]) -> Choice:
    default = getattr(_USUAL, name)
    return Choice(name=name, title=title, help=words, default=default, choices=choices)


SETTINGS: tuple[Field, ...] = (
    _choice(
        "architecture",
        "Architecture",
        "What kind of layer",
        {facts.name: f"{facts.title[0].upper()}{facts.title[1:]}" for facts in MADE_HERE},
    ),
    _whole("layers", "Layers", "Recurrent layers", 1, 16),
    _whole("units", "Units in each", "Hidden units in each layer", 1, 8192),
    _whole(
        "embedding",
        "Embedding",
        "Width of the learned embedding of what is read; 0 feeds one-hot vectors",
        0,
        4096,
        special="one-hot",
    ),
    Switch(
        name="skip",
        title="Skip connections",
        help="The input also feeds every layer, and every layer feeds the output",
    ),
    _real(
        "dropout",
        "Dropout",
        "Share of a layer's outputs dropped while training, from 0 to below 1",
        0.95,
        0.01,
    ),
    _whole(
        "sequence_length",
        "Sequence length",
        "Characters between two truncations of back-propagation through time",
        2,
        20_000,
    ),
    _whole(
        "batch",
        "Streams",
        "How many streams, sentences or examples are trained on side by side",
        1,
        4096,
    ),
    _real("epochs", "Epochs", "Passes over the data; may be a fraction", 10_000, 0.01, above=True),
    _whole(
        "steps",
        "Steps",
        "How many steps to train; 0 leaves it to the epochs",
        0,
        100_000_000,
        special="by epochs",
    ),
    _real(
        "minutes",
        "Minutes",
        "End after so many minutes, the learning rate fallen as at the last step; 0 never does",
        1e6,
        0.1,
        special="any",
    ),
    _choice(
        "optimiser",
        "Optimiser",
        "What turns gradients into updates",
        {"adam": "Adam", "adamw": "AdamW", "rmsprop": "RMSProp", "sgd": "SGD"},
    ),
    _real("weight_decay", "Weight decay", "How strongly weights are pulled towards zero", 10, 1e-6),
    _real(
        "learning_rate",
        "Learning rate",
        "The highest rate, reached after the warm-up",
        1e6,
        1e-9,
        above=True,
    ),
    _choice(
        "schedule",
        "Schedule",
        "How the rate falls after the warm-up",
        {
            "cosine": "Cosine",
            "linear": "Linear",
            "constant": "Constant",
            "inverse-root": "Inverse root",
        },
    ),
    _whole(
        "warmup_steps",
        "Warm-up steps",
        "Steps in which the learning rate rises",
        0,
        1_000_000,
        special="none",
    ),
    _choice(
        "clip",
        "Clip",
        "norm rescales the whole gradient, value clamps each number, none does nothing",
        {"norm": "By norm", "value": "By value", "none": "Not at all"},
    ),
    _real(
        "clip_threshold",
        "Clip at",
        "The largest norm, or the largest number, that is left alone",
        1e12,
        1e-9,
        above=True,
    ),
    _real(
        "held_out",
        "Held out",
        "Share of the data that is never trained on (of a text, its end); above 1, a number of "
        "characters, sentences or documents",
        1e9,
        0.001,
    ),
    _whole(
        "validation_every",
        "Judge every",
        "Steps between two measurements on what is held out",
        1,
        _MANY,
        suffix=" steps",
    ),
    _whole(
        "early_stopping",
        "Stop early after",
        "End after so many measurements in a row without a better one; 0 never does",
        0,
        10_000,
        special="never",
        suffix=" worse",
    ),
    _whole(
        "checkpoint_every",
        "Checkpoint every",
        "Steps between two checkpoints, from which a killed run goes on",
        1,
        _MANY,
        suffix=" steps",
    ),
    _whole(
        "parameters_every",
        "Parameters every",
        "Steps between two measurements of every parameter",
        1,
        _MANY,
        suffix=" steps",
    ),
    _whole(
        "gradient_steps_every",
        "Gradients every",
        "Steps between two measurements of the gradient through time",
        1,
        _MANY,
        suffix=" steps",
    ),
    Switch(
        name="histograms",
        title="Histograms",
        help="Record at every checkpoint how weights and gradients of each parameter lie",
        default=_USUAL.histograms,
    ),
    Reals(
        name="temperatures",
        title="Temperatures",
        help="Samples are drawn at each of these, with commas between them",
        default=_USUAL.temperatures,
    ),
    _choice(
        "on_bad_number",
        "At NaN or ∞",
        "What NaN or infinity in loss, gradient or weights does; either way it is named and drawn",
        {"stop": "Stop", "continue": "Go on"},
    ),
    _whole("seed", "Seed", "The same seed gives the same run", 0, 2**31 - 1),
    _whole(
        "threads",
        "Threads",
        "Threads of the processor; 0 measures how many are fastest when the run starts",
        0,
        256,
        special="measured",
    ),
    _choice(
        "device",
        "Device",
        "What computes; auto takes CUDA where there is one. A run may go on elsewhere than it "
        "began: give it with --resume",
        {"auto": "CUDA if found", "cpu": "Processor", "cuda": "CUDA", "mps": "Apple (mps)"},
    ),
    _choice(
        "precision",
        "Precision",
        "bfloat16 computes the matrix products of training in that type: faster where the "
        "processor has instructions for it",
        {"float32": "float32", "bfloat16": "bfloat16"},
    ),
    Words(
        name="default_text",
        title="Sample text",
        help="Name of the sample text that the finished model opens on",
    ),
    File(
        name="start_from",
        title="Start from",
        help="A model of the same shape whose weights the training begins with",
        choose="Start from the weights of a model",
    ),
)
"""In the order in which the command line lists them."""

USUAL = (
    ("Model", ("architecture", "layers", "units", "embedding", "dropout")),
    ("Training", ("sequence_length", "batch", "epochs", "steps", "seed", "threads")),
    (
        "Steps",
        ("optimiser", "learning_rate", "schedule", "warmup_steps", "clip", "clip_threshold"),
    ),
)
"""What everybody looks at, in columns with their titles."""
MORE = (
    ("Judging", ("held_out", "validation_every", "early_stopping", "minutes", "on_bad_number")),
    (
        "Recording",
        (
            "checkpoint_every",
            "parameters_every",
            "gradient_steps_every",
            "histograms",
            "temperatures",
        ),
    ),
    ("Weights", ("weight_decay", "device", "precision", "skip", "start_from", "default_text")),
)


def setting_named(name: str) -> Field:
    """The field of this setting; `KeyError` where there is none."""
    return {field.name: field for field in SETTINGS}[name]
