"""Models that give numbers: of the next step, or of the whole sequence."""

from __future__ import annotations

from rnnviz.core.kinds.kind import ModelKind
from rnnviz.core.kinds.sequence import network_lines
from rnnviz.core.models.network import SequenceDescription

NUMBERS_MODEL = ModelKind(
    key="numbers-model",
    title="model of numbers",
    description=SequenceDescription,
    tasks=("numbers",),
    workspace="cells",
    training_task="numbers",
    reads="numbers",
    samples="texts",
    jobs=(
        "walk",
        "compute_field",
        "recurrent_matrices",
        "clipping",
        "truncation",
        "unroll_model",
    ),
    use="which gives numbers for what it reads: look at it with `rnnviz walk` and `rank`",
    lines=network_lines,
    unit="",
)
