"""Weights from a file are compared with what a network needs before any memory is taken."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from rnnviz.core.errors import ModelFileError

Tensors = Mapping[str, Tensor]
M = TypeVar("M", bound=nn.Module)


def built(
    make: Callable[[], M], wanted: Mapping[str, tuple[int, ...]], tensors: Tensors, file: str
) -> M:
    """A model with these weights in float32, in evaluation mode; it is made once they fit.

    Args:
        wanted: the shape of every parameter by its name.

    Raises:
        ModelFileError: a shape or a type does not fit, or a weight is NaN or infinite.
    """
    weights = fitting_weights(wanted, tensors, file)
    with torch.device("meta"):  # no weights are drawn that those of the file replace
        model = make()
    model.load_state_dict(weights, assign=True)
    return model.eval()


def fitting_weights(
    wanted: Mapping[str, tuple[int, ...]], tensors: Tensors, file: str
) -> dict[str, Tensor]:
    """These tensors in float32, if they are exactly those wanted: a file may claim anything.

    Args:
        wanted: the shape of every parameter by its name.

    Raises:
        ModelFileError: a shape or a type does not fit, or a weight is NaN or infinite.
    """
    found = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    for name in sorted(wanted.keys() | found.keys()):
        if wanted.get(name) != found.get(name):
            raise ModelFileError(
                f"the tensors of {file} do not fit its description: {name} should be "
                f"{wanted.get(name, 'absent')} and is {found.get(name, 'absent')}"
            )
    for name, tensor in tensors.items():
        check_weights(name, tensor, file)
    return {name: tensor.detach().float().contiguous() for name, tensor in tensors.items()}


def shape_of(tensor: Tensor) -> str:
    """For messages: `(84, 256)`."""
    return str(tuple(tensor.shape))


def check_weights(name: str, tensor: Tensor, file: str) -> None:
    """Refuse a tensor that cannot be weights.

    Raises:
        ModelFileError: not floating point, or NaN or infinity among the numbers.
    """
    if not tensor.is_floating_point():
        kind = str(tensor.dtype).removeprefix("torch.")
        raise ModelFileError(
            f"the weights {name} in {file} are of type {kind}; only floating-point weights can be "
            "opened, so save the model before it is quantised"
        )
    if torch.isfinite(tensor.sum(dtype=torch.float32)):  # one pass; too large a sum says nothing
        return
    bad = int((~torch.isfinite(tensor.float())).sum())
    if bad:
        raise ModelFileError(
            f"the weights {name} in {file} hold {bad:,} numbers that are NaN or infinite: the "
            "training diverged, or the file is damaged; open an earlier checkpoint"
        )
