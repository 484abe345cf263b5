"""Weights that a file keeps in another form than a network computes with, made what it does.

Weight normalisation, spectral normalisation, weight dropout and pruning keep what a weight is
computed from; averaging and batch normalisation keep counters. Others are refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import torch
from torch import Tensor

from rnnviz.core.errors import ModelFileError

_LOSS = re.compile(r"(^|\.)(criterion|loss|loss_fn|loss_function)\.")
_COUNTERS = re.compile(
    r"(^|\.)(n_averaged|num_batches_tracked|_extra_state|num_updates|initted|step"
    r"|(mean_value|sum_value|total|correct|weight|decay)$)"
)
"""Kept beside weights: how often something was averaged or counted, also by torchmetrics."""
_PARAMETRIZED = re.compile(r"(?P<module>.*?)parametrizations\.(?P<name>\w+)\.(?P<rest>.*)")
_AGAIN = re.compile(r"((?:.*\.)?)h2h\.weight")
_QUANTISED = re.compile(
    r"(^|\.)(_packed_params|_all_weight_values|zero_point|scale|qweight|qzeros|SCB|absmax)(\.|$)"
)
_WEIGHT = re.compile(r".*(weight|bias)\w*")
"""What a layer computes with is called so; anything else that holds integers is no such thing."""


def plain_weights(given: Mapping[str, Tensor], file: str) -> tuple[dict[str, Tensor], list[str]]:
    """The weights as the network uses them in evaluation, and what was done, in sentences.

    Raises:
        ModelFileError: quantised, or computed in a way that is not known here.
    """
    notes: list[str] = []
    if any(_QUANTISED.search(name) for name in given):
        raise ModelFileError(quantised_in_words(file))
    tensors: dict[str, Tensor] = {}
    for name, tensor in given.items():
        if _LOSS.search(name):
            notes.append(f"{name} belongs to the loss and was left out")
        elif not tensor.is_floating_point() and not _WEIGHT.fullmatch(name.rpartition(".")[2]):
            if tensor.dim() > 0:
                notes.append(f"{name} holds no weights but whole numbers, and was left out")
        elif not (tensor.dim() == 0 and _COUNTERS.search(name)):
            tensors[name] = tensor
    tensors = _without_parametrizations(tensors, notes, file)
    tensors = _normalised(tensors, notes, file)
    tensors = _spectral_and_pruned(tensors, notes, file)
    tensors = _as_a_cell(tensors, notes)
    return _without_dropout(tensors, notes), list(dict.fromkeys(notes))


def quantised_in_words(file: str) -> str:
    """Why a file of quantised weights is refused, and what to do."""
    return (
        f"the weights of {file} are quantised (kept as integers of 8 bits with a scale, as "
        "torch.ao.quantization makes them), and such a network computes with other numbers than "
        "were trained; open the model from before it was quantised: save its state_dict before "
        "quantize_dynamic or convert is called"
    )


def _as_a_cell(tensors: Mapping[str, Tensor], notes: list[str]) -> dict[str, Tensor]:
    """A vanilla RNN that is written as two linear layers, as PyTorch's lesson on names does."""
    for name, again in tensors.items():
        match = _AGAIN.fullmatch(name)
        into = tensors.get(f"{match[1]}i2h.weight") if match else None
        if match is None or into is None or again.dim() != 2 or into.dim() != 2:
            continue
        if again.shape != (len(into), len(into)):
            continue
        module = match[1]
        named = {
            f"{module}{old}.{kind}": f"{module}rnn.{kind}_{new}_l0"
            for old, new in (("i2h", "ih"), ("h2h", "hh"))
            for kind in ("weight", "bias")
        }
        if not all(f"{module}{old}" in tensors for old in ("i2h.bias", "h2h.bias")):
            continue
        notes.append(f"{module}i2h and {module}h2h are taken for a cell: h = tanh(i2h x + h2h h)")
        return {named.get(other, other): tensor for other, tensor in tensors.items()}
    return dict(tensors)


def _without_parametrizations(
    tensors: Mapping[str, Tensor], notes: list[str], file: str
) -> dict[str, Tensor]:
    """What `torch.nn.utils.parametrizations` computes weights from becomes those weights."""
    groups: dict[tuple[str, str], dict[str, Tensor]] = {}
    found: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if match := _PARAMETRIZED.fullmatch(name):
            key = (match["module"], match["name"])
            groups.setdefault(key, {})[match["rest"]] = tensor
            found.setdefault(f"{key[0]}{key[1]}", tensor)  # keeps its place in the order
        else:
            found[name] = tensor
    for (module, name), parts in groups.items():
        full = f"{module}{name}"
        if parts.keys() == {"original0", "original1"}:
            found[full] = _weight_norm(parts["original0"], parts["original1"], full, file)
            notes.append(f"{full} was computed from its weight normalisation")
        elif {"original", "0._u", "0._v"} <= parts.keys():
            found[full] = _spectral(parts["original"], parts["0._u"], parts["0._v"])
            notes.append(f"{full} was computed from its spectral normalisation")
        else:
            raise ModelFileError(
                f"{file} does not hold {full} but what it is computed from "
                f"({', '.join(sorted(parts))}), by a parametrization unknown here; remove "
                "it where the model was made (torch.nn.utils.parametrize.remove_parametrizations) "
                "and save its state_dict again"
            )
    return found


def _weight_norm(length: Tensor, direction: Tensor, name: str, file: str) -> Tensor:
    """W = g v / |v|, the norm over all axes along which g does not vary (Salimans and Kingma 2016).

    Raises:
        ModelFileError: g and v do not go together.
    """
    over = [axis for axis in range(direction.dim()) if length.dim() == 0 or length.shape[axis] == 1]
    fits = length.dim() in (0, direction.dim()) and all(
        length.dim() == 0 or length.shape[axis] in (1, direction.shape[axis])
        for axis in range(direction.dim())
    )
    if not fits or not direction.is_floating_point():
        raise ModelFileError(
            f"{file}: {name} has a length of shape {tuple(length.shape)} and a direction of shape "
            f"{tuple(direction.shape)}, which do not go together"
        )
    return length * direction / direction.norm(dim=over or None, keepdim=True)


def _normalised(tensors: Mapping[str, Tensor], notes: list[str], file: str) -> dict[str, Tensor]:
    """`weight_g` and `weight_v` of the older weight normalisation."""
    found: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        base = name.removesuffix("_g").removesuffix("_v")
        length, direction = tensors.get(f"{base}_g"), tensors.get(f"{base}_v")
        if base != name and length is not None and direction is not None:
            if base not in found:
                found[base] = _weight_norm(length, direction, base, file)
                notes.append(f"{base} was computed from its weight normalisation")
        else:
            found[name] = tensor
    return found


def _spectral(original: Tensor, left: Tensor, right: Tensor) -> Tensor:
    """W / σ, as it is in evaluation: σ = u · W v of the vectors that training left."""
    flat = original.flatten(1)
    if left.shape != flat.shape[:1] or right.shape != flat.shape[1:]:
        return original
    return original / torch.dot(left, torch.mv(flat, right))


def _spectral_and_pruned(
    tensors: Mapping[str, Tensor], notes: list[str], file: str
) -> dict[str, Tensor]:
    """`weight_orig` with `weight_mask` of pruning, or `weight_u` and `weight_v`."""
    found: dict[str, Tensor] = {}
    used: set[str] = set()
    for name, tensor in tensors.items():
        base = name.removesuffix("_orig")
        if name in used:
            continue
        if base == name:
            found[name] = tensor
            continue
        mask, left = tensors.get(f"{base}_mask"), tensors.get(f"{base}_u")
        right = tensors.get(f"{base}_v")
        if mask is not None and mask.shape == tensor.shape:
            found[base] = tensor * mask
            notes.append(f"{base} was computed from its pruning mask")
        elif left is not None:
            if right is None:  # before torch 1.1 only u was kept
                right = torch.mv(tensor.flatten(1).t(), left)
                right = right / right.norm()
            found[base] = _spectral(tensor, left, right)
            notes.append(f"{base} was computed from its spectral normalisation")
        else:
            raise ModelFileError(
                f"{file} holds {name} and not what it is computed with; save the state_dict of "
                "the model without that (torch.nn.utils.prune.remove, remove_spectral_norm)"
            )
        used |= {f"{base}{ending}" for ending in ("_mask", "_u", "_v")}
    return {name: tensor for name, tensor in found.items() if name not in used}


def _without_dropout(tensors: Mapping[str, Tensor], notes: list[str]) -> dict[str, Tensor]:
    """AWD-LSTM (Merity et al. 2017): `weight_hh_l0_raw` is trained, what lies beside it dropped."""
    raws = [name for name in tensors if name.endswith("_raw")]
    found = {name: tensor for name, tensor in tensors.items() if name not in raws}
    for raw in raws:
        module, _, leaf = raw.removesuffix("_raw").rpartition(".")
        before = f"{module}." if module else ""
        inner = f"{before}module."
        # What else that layer has may lie beside the raw weights, or in the wrapped module.
        wrapped = any(name.startswith(inner) for name in tensors) and not before.endswith("module.")
        place = f"{inner if wrapped else before}{leaf}"
        found.pop(f"{before}{leaf}", None)
        found[place] = tensors[raw]
        notes.append(f"{place} is taken from {raw}, without the dropout of its training")
    return found
