"""What a network that cannot be shown does, where the names and shapes of its tensors tell it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rnnviz.nets.checkpoints.networks.parts import Part, Stack
from rnnviz.nets.sequence.weights import shape_of

_BY_NAME = (
    (
        "attends with several heads over what its recurrent layers give",
        re.compile(r"in_proj_(weight|bias)|\bq_proj|\bk_proj|multi_?head|self_attn|mha\b",
                   re.IGNORECASE),
    ),
    (
        "has recurrent layers that normalise inside their gates (LSTM or GRU with LayerNorm)",
        re.compile(r"(^|[._])(ln|layer_?norm|norm)_?(ih|hh|i2h|h2h|ho|hc|c|x|h)\d*(\.|$)",
                   re.IGNORECASE),
    ),
    (
        "has recurrent layers whose gates look at the cell (an LSTM with peepholes)",
        re.compile(r"peephole|(^|[._])(weight|w|p)_?c[hifo]\d*$", re.IGNORECASE),
    ),
    (
        "copies words of its source (a pointer-generator)",
        re.compile(r"p_?gen|pointer|copy_(attn|gen)", re.IGNORECASE),
    ),
)  # fmt: skip
"""What a network does that cannot be shown, told by the names of its tensors."""
_MOST_POOLINGS = 4


def told_by_name(parts: Sequence[Part], file: str) -> str:
    """Why the network with these parts is refused, by their names; empty where they say nothing."""
    for does, told in _BY_NAME:
        for part in parts:
            if told.search(part.full_name) or told.search(part.name):
                return (
                    f"the network in {file} {does}: {part.full_name} {shape_of(part.weight)}; such "
                    "a network cannot be shown yet"
                )
    return ""


def side_by_side_in_words(parts: Sequence[Part], top: Stack, file: str) -> str:
    """Why a head is refused that reads more than the last layer gives; empty if none does."""
    for part in parts:
        times, rest = divmod(part.shape[-1], top.width)
        behind = part.place > top.place and part.kind in ("matrix", "batch-norm")
        if behind and not rest and 1 < times <= _MOST_POOLINGS:
            return (
                f"in {file}, {part.full_name} {shape_of(part.weight)} reads {times} times the "
                f"{top.width:,} numbers that the last recurrent layer gives: it puts several "
                "things side by side, such as the last state beside the maximum and the mean (as "
                "fastai's classifiers do), the states of two texts that are compared, or those of "
                "a window; the file does not say which, and none of these can be shown yet"
            )
    return ""
