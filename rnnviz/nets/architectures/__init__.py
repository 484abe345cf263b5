"""The kinds of recurrent layers. To add one: a file here, and its name in the tuple."""

from rnnviz.core.errors import ModelFileError
from rnnviz.nets.architectures.base import Architecture, LayerState
from rnnviz.nets.architectures.elman import Elman
from rnnviz.nets.architectures.gru import GRU
from rnnviz.nets.architectures.lstm import LSTM

ARCHITECTURES: tuple[type[Architecture], ...] = (Elman, LSTM, GRU)

__all__ = ["ARCHITECTURES", "LSTM", "Architecture", "LayerState", "architecture_named"]


def architecture_named(name: str) -> type[Architecture]:
    """The architecture of this name.

    Raises:
        ModelFileError: no architecture has this name.
    """
    for architecture in ARCHITECTURES:
        if architecture.name == name:
            return architecture
    known = ", ".join(architecture.name for architecture in ARCHITECTURES)
    raise ModelFileError(f"the architecture {name!r} is unknown here; known are {known}")
