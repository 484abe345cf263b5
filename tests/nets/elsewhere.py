"""An accelerator made up of the processor: every tensor knows on which of the two it should lie.

Torch computes on the processor throughout, but a product of a tensor here with one there, or one
that is read without being fetched, fails as it would on a real device; and each wait of the
processor for the other is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

ELSEWHERE = torch.device("xpu")
"""A name that torch knows; nothing is ever done there."""
_READS = {"item", "tolist", "__float__", "__int__", "__bool__", "cpu", "__index__", "nonzero"}
_CROSSES = {"_has_compatible_shallow_copy_type", "copy_", "__set__", "backward", "__get__"}
_Call = Callable[..., Any]


def lies_elsewhere(tensor: Tensor) -> bool:
    """Whether this tensor was moved there, or computed from one that was."""
    return bool(getattr(tensor, "_elsewhere", False))


class Elsewhere(TorchFunctionMode):
    """While this lasts, `.to(ELSEWHERE)` moves a tensor there."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = 0
        """How often something was read from there."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = dict(kwargs or {})
        name = getattr(func, "__name__", str(func))
        tensors = [each for each in tree_leaves((args, kwargs)) if isinstance(each, Tensor)]
        there = any(lies_elsewhere(tensor) for tensor in tensors)
        if func == Tensor.device.__get__:
            return ELSEWHERE if there else func(*args)
        if there and name in _READS:
            self.waits += 1
        if name == "numpy" and there:
            raise AssertionError("numpy() of a tensor that lies elsewhere")
        if name == "cpu":
            return args[0].view_as(args[0]) if there else args[0]
        target = kwargs.get("device")
        if name == "to":
            target = next((a for a in args[1:] if isinstance(a, torch.device)), target)
            if target is not None:  # of `to(device, dtype, non_blocking)` the type is left
                args = (args[0], *(a for a in args[1:] if isinstance(a, torch.dtype)))
        if isinstance(target, torch.device):
            kwargs.pop("device", None)
            if name == "to":
                kwargs.pop("non_blocking", None)
                moved = func(*args, **kwargs) if args[1:] or kwargs else args[0]
                return _marked(moved.view_as(moved), target == ELSEWHERE)
            return _marked(func(*args, **kwargs), target == ELSEWHERE)
        if there and name not in _CROSSES:
            here = [t for t in tensors if t.dim() > 0 and not lies_elsewhere(t)]
            assert not here, f"{name} takes a tensor elsewhere and one here, {here[0].shape}"
        made = func(*args, **kwargs)
        if name == "__set__" and len(args) == 2 and isinstance(args[1], Tensor):
            _marked(args[0], lies_elsewhere(args[1]))
        return _marked(made, True) if there else made


def _marked(made: Any, there: bool) -> Any:
    for tensor in _tensors(made):
        tensor._elsewhere = there  # type: ignore[attr-defined]
    return made


def _tensors(made: Any) -> Iterator[Tensor]:
    yield from (each for each in tree_leaves(made) if isinstance(each, Tensor))
