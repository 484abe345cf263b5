"""Beginning a training with the weights of a model that is there."""

from __future__ import annotations

from pathlib import Path

from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.sequence.network import SequenceNetwork


def start_from(model: SequenceNetwork, path: Path, kind: str) -> None:
    """Give a network the weights of a model file of the same network and kind.

    Raises:
        ModelFileError: it cannot be opened, or is another network.
    """
    other = open_model(path, kind=kind).model
    if model.network != other.network:
        raise ModelFileError(
            f"{path.name} is another network, or knows other symbols; training can only start "
            "from a model of the same shape and symbols"
        )
    model.load_state_dict(other.state_dict())
