"""The units that a model will have in a recording, before it is walked."""

from __future__ import annotations

from collections.abc import Sequence

from rnnviz.core.models.model_file import ModelDescription
from rnnviz.core.recordings.groups import Group, layers_of


def groups_of(description: ModelDescription, channels: Sequence[str]) -> tuple[Group, ...]:
    """The groups of rows of a model, a layer each, bottom layer first."""
    return layers_of(description.layers, description.units, channels, description.architecture)
