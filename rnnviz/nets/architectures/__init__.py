"""The arithmetic of every kind of recurrent layer: one file a kind, and its name in the tuple.

What there is to know of each is in `core.architectures`, under the same key.
"""

from rnnviz.core.architectures import facts_of
from rnnviz.nets.architectures.base import Layer, LayerState
from rnnviz.nets.architectures.elman import Elman
from rnnviz.nets.architectures.gru import GRU
from rnnviz.nets.architectures.lstm import LSTM
from rnnviz.nets.architectures.mamba import Mamba
from rnnviz.nets.architectures.min_gru import MinGRU
from rnnviz.nets.architectures.residual import Residual
from rnnviz.nets.architectures.rwkv.channel_mix import ChannelMix
from rnnviz.nets.architectures.rwkv.rwkv4 import RWKV4
from rnnviz.nets.architectures.rwkv.rwkv5 import RWKV5
from rnnviz.nets.architectures.rwkv.rwkv7 import RWKV7
from rnnviz.nets.architectures.rwkv.rwkv7_values import RWKV7Values

ARCHITECTURES: tuple[type[Layer], ...] = (
    LSTM,
    GRU,
    Elman,
    MinGRU,
    Residual,
    RWKV4,
    RWKV5,
    RWKV7,
    RWKV7Values,
    ChannelMix,
    Mamba,
)

__all__ = ["ARCHITECTURES", "Layer", "LayerState", "architecture_named"]


def architecture_named(name: str) -> type[Layer]:
    """The architecture of this name.

    Raises:
        ModelFileError: no architecture has this name.
    """
    facts = facts_of(name)
    return next(architecture for architecture in ARCHITECTURES if architecture.facts is facts)
