"""Networks of the memory tasks: they read numbers that were made up for them, and no text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnviz.core.kinds.kind import ModelKind, stack_in_words
from rnnviz.core.models.model_file import ModelDescription


def _lines(about: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [("network", stack_in_words(about))]


MEMORY_NETWORK = ModelKind(
    key="memory-network",
    title="network of a memory task",
    description=ModelDescription,
    tasks=("memory-adding", "memory-copying"),
    workspace="training",
    training_task="memory",
    reads="numbers",
    samples="",
    jobs=(),
    use="which reads no text: what it learned is seen in its run, in the window's Training and "
    "Gradients",
    lines=_lines,
)
