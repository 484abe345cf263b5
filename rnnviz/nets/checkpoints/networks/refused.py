"""Why a network is refused: what it does or lacks, as names and shapes of its tensors tell."""

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
_DECODER = re.compile(r"attn|attention|\b[WUV]a\b", re.IGNORECASE)
_CAPTIONER = re.compile(r"encoder_att|f_beta|\binit_[hc]\b|feature|image|visual", re.IGNORECASE)
_MOST_POOLINGS = 4


def why_refused(parts: Sequence[Part], top: Stack, inputs: int, file: str) -> str:
    """Why no order of these parts makes up a network that can be shown.

    Args:
        top: the recurrent module that lies highest.
        inputs: how many numbers the lowest one reads.
    """
    return (
        _captioner(parts, file)
        or _by_name(parts, file)
        or _decoder(parts, file)
        or _incomplete(parts, top, inputs, file)
        or _side_by_side(parts, top, file)
        or _no_order(parts, top, inputs, file)
    )


def _captioner(parts: Sequence[Part], file: str) -> str:
    named = [part for part in parts if _CAPTIONER.search(part.name)]
    if not named:
        return ""
    return (
        f"{file} is a captioner, or a part of one ({_shown(named[0])}): it describes pictures, and "
        "needs what its encoder makes of them; it cannot be shown yet"
    )


def _by_name(parts: Sequence[Part], file: str) -> str:
    for does, told in _BY_NAME:
        for part in parts:
            if told.search(part.full_name) or told.search(part.name):
                return (
                    f"the network in {file} {does}: {_shown(part)}; such a network cannot be shown "
                    "yet"
                )
    return ""


def _decoder(parts: Sequence[Part], file: str) -> str:
    named = [part for part in parts if _DECODER.search(part.name)]
    if not named:
        return ""
    return (
        f"{file} is the decoder, with attention, of a translation model ({_shown(named[0])}), in a "
        "form that is unknown here; decoders of PyTorch's tutorial open beside their encoder"
    )


def _incomplete(parts: Sequence[Part], top: Stack, inputs: int, file: str) -> str:
    """What lacks most of a network."""
    if not any(part.kind == "matrix" for part in parts):
        return (
            f"{file} holds recurrent layers but neither an embedding nor an output layer; save the "
            "state_dict of the whole model, not of its recurrent part"
        )
    if len(parts) > 1:
        return ""
    (part,) = parts
    if part.shape[1] == inputs and part.bias is None:
        return (
            f"{file} holds an embedding of {part.shape[0]:,} entries ({part.full_name}), recurrent "
            "layers but no output layer: it looks like the encoder of a translation model, whose "
            "decoder is another file, or like a part of a model"
        )
    return _side_by_side(parts, top, file) or (
        f"{file}: {_shown(part)} fits neither the input of {inputs:,} numbers nor the "
        f"{top.width:,} numbers that the last layer gives"
    )


def _side_by_side(parts: Sequence[Part], top: Stack, file: str) -> str:
    """A head that reads more than the last layer gives."""
    for part in parts:
        times, rest = divmod(part.shape[-1], top.width)
        behind = part.place > top.place and part.kind in ("matrix", "batch-norm")
        if behind and not rest and 1 < times <= _MOST_POOLINGS:
            return (
                f"in {file}, {_shown(part)} reads {times} times the {top.width:,} numbers that the "
                "last recurrent layer gives: it puts several things side by side, such as the last "
                "state beside the maximum and the mean (as fastai's classifiers do), the states of "
                "two texts that are compared, or those of a window; the file does not say which, "
                "and none of these can be shown yet"
            )
    return ""


def _no_order(parts: Sequence[Part], top: Stack, inputs: int, file: str) -> str:
    found = ", ".join(map(_shown, parts[:6]))
    more = f" and {len(parts) - 6} more" if len(parts) > 6 else ""
    return (
        f"besides the recurrent layers, {file} holds {found}{more}; no order of them leads from an "
        f"embedding (or from {inputs:,} numbers) through the layers, which give {top.width:,} "
        "numbers, to an output, so what else this network computes is unknown here and could not "
        "be shown truly"
    )


def _shown(part: Part) -> str:
    return f"{part.full_name} {shape_of(part.weight)}"
