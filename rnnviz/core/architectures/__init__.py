"""The kinds of recurrent layers as facts: one file a kind, and its name in the tuple.

The arithmetic of each is in `nets.architectures`, under the same key.
"""

from __future__ import annotations

from collections.abc import Iterable

from rnnviz.core.architectures.elman import ELMAN
from rnnviz.core.architectures.facts import ArchitectureFacts, Channel, Range
from rnnviz.core.architectures.gru import GRU
from rnnviz.core.architectures.lstm import LSTM
from rnnviz.core.architectures.mamba import MAMBA
from rnnviz.core.architectures.min_gru import MIN_GRU
from rnnviz.core.architectures.residual import RESIDUAL
from rnnviz.core.architectures.rwkv.channel_mix import CHANNEL_MIX
from rnnviz.core.architectures.rwkv.rwkv4 import RWKV4
from rnnviz.core.architectures.rwkv.rwkv5 import RWKV5
from rnnviz.core.architectures.rwkv.rwkv7 import RWKV7
from rnnviz.core.architectures.rwkv.rwkv7_values import RWKV7_VALUES
from rnnviz.core.errors import ModelFileError

ARCHITECTURES: tuple[ArchitectureFacts, ...] = (
    LSTM,
    GRU,
    ELMAN,
    MIN_GRU,
    RESIDUAL,
    RWKV4,
    RWKV5,
    RWKV7,
    RWKV7_VALUES,
    CHANNEL_MIX,
    MAMBA,
)

MADE_HERE: tuple[ArchitectureFacts, ...] = tuple(one for one in ARCHITECTURES if one.made_here)
"""Those that new networks are made of."""

COMPARED: tuple[ArchitectureFacts, ...] = (ELMAN, GRU, LSTM)
"""Those that the question of vanishing gradients is put to, the one that forgets first in front."""

__all__ = [
    "ARCHITECTURES",
    "COMPARED",
    "MADE_HERE",
    "ArchitectureFacts",
    "Channel",
    "Range",
    "carried",
    "channel_named",
    "facts_of",
    "known_facts",
    "layers_of_torch",
    "short_title",
]


def known_facts(name: object) -> ArchitectureFacts | None:
    """The facts of the architecture of this name; None where it is unknown here."""
    return next((facts for facts in ARCHITECTURES if facts.name == name), None)


def facts_of(name: str) -> ArchitectureFacts:
    """The facts of the architecture of this name.

    Raises:
        ModelFileError: no architecture has this name.
    """
    if (found := known_facts(name)) is not None:
        return found
    known = ", ".join(facts.name for facts in ARCHITECTURES)
    raise ModelFileError(f"the architecture {name!r} is unknown here; known are {known}")


def carried(channels: Iterable[str]) -> tuple[str, ...]:
    """Those of these channels that carry a state from step to step, by their names alone.

    >>> carried(("hidden", "cell", "input", "forget"))
    ('hidden', 'cell')
    """
    states = {name for facts in ARCHITECTURES for name in facts.states}
    return tuple(name for name in channels if name in states)


def short_title(name: str) -> str:
    """What lists call the architecture of this name, known or not.

    >>> short_title("lstm"), short_title("hyena")
    ('LSTM', 'hyena')
    """
    found = known_facts(name)
    return found.short if found else name


def layers_of_torch() -> tuple[ArchitectureFacts, ...]:
    """Those that `torch.nn` has, fewest blocks of rows first: by these their weights are told."""
    own = (facts for facts in ARCHITECTURES if facts.torch_module)
    return tuple(sorted(own, key=lambda facts: facts.blocks))


def channel_named(name: str) -> Channel:
    """What is known of a channel by its name alone; of a name that is new, that it may be anything.

    >>> channel_named("forget").title
    'forget gate'
    >>> channel_named("attention 3").range
    'unbounded'
    """
    for facts in ARCHITECTURES:
        for channel in facts.channels:
            if channel.name == name:
                return channel
    return Channel(name, name, "unbounded", "")
