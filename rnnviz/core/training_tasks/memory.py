"""Learning to remember over a distance: numbers to add, symbols to repeat."""

from __future__ import annotations

from collections.abc import Mapping

from rnnviz.core.architectures.facts import Setting
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.training_tasks.field import Choice, Whole
from rnnviz.core.training_tasks.rough import seconds_of, stack_parameters, steps_in
from rnnviz.core.training_tasks.task import Preset, Rough, TaskDescription

_COMMON: Mapping[str, Setting] = {
    "layers": 1, "units": 64, "batch": 20, "steps": 1_500, "embedding": 0,
    "learning_rate": 0.01, "schedule": "constant", "warmup_steps": 0, "dropout": 0.0,
    "validation_every": 50, "gradient_steps_every": 25,
}  # fmt: skip


def rough(config: TrainingConfig, size: int) -> Rough:
    """Steps and seconds; examples are made up, so that no size of any data counts."""
    distance = int(config.options.get("distance", 50))
    steps = steps_in(config, 1e5)
    parameters = stack_parameters(config, 10)
    return Rough(steps, seconds_of(config, steps, parameters, distance))


MEMORY = TaskDescription(
    key="memory",
    title="Remembering over a distance",
    about="Examples made for memory: what is wanted at the end was shown at the beginning.",
    structure="many-to-one",
    data=None,
    options=(
        Choice(
            name="kind",
            title="Kind",
            help="What the network is to remember; its loss is at the end alone",
            default="adding",
            choices={"adding": "Add two marked numbers", "copying": "Repeat what was shown"},
        ),
        Whole(
            name="distance",
            title="Distance",
            help="Steps over which it must be remembered",
            default=50,
            low=2,
            high=10_000,
            suffix=" steps",
        ),
        Whole(
            name="symbols",
            title="Symbols",
            help="How many symbols are shown at the start and wanted at the end",
            default=3,
            low=1,
            high=100,
            when=("kind", ("copying",)),
        ),
    ),
    usual=("kind", "distance", "symbols"),
    unused=frozenset(
        {
            "embedding",
            "dropout",
            "sequence_length",
            "epochs",
            "held_out",
            "temperatures",
            "skip",
            "start_from",
            "default_text",
        }
    ),
    titles={"batch": "Examples a step"},
    presets=(
        Preset(
            "adding-lstm",
            "Adding over 50 steps, LSTM",
            "A task made for memory, learned in a minute or two; no text is needed.",
            {**_COMMON, "architecture": "lstm", "options": {"kind": "adding", "distance": 50}},
        ),
        Preset(
            "adding-rnn",
            "Adding over 50 steps, vanilla RNN",
            "The same task, where the gradient vanishes and nothing is learned.",
            {**_COMMON, "architecture": "rnn", "options": {"kind": "adding", "distance": 50}},
        ),
        Preset(
            "copying",
            "Copying a symbol over 50 steps, LSTM",
            "A symbol, then blanks, then the symbol is wanted; a vanilla RNN learns it in part or "
            "not at all.",
            {**_COMMON, "architecture": "lstm",
             "options": {"kind": "copying", "distance": 50, "symbols": 1}},
        ),
    ),
    rough=rough,
)  # fmt: skip
