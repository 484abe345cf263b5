"""Where the HDF5 files of Keras keep the weights of a layer: one form before Keras 3, one since.

Before: a group a layer, whose attribute `weight_names` lists its arrays in Keras's order. Since: a
group `layers/lstm_1/cell/vars` with arrays named 0, 1, 2; its attribute `name` is the layer's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor

from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints.keras.config import KerasLayer, stored_paths
from rnnviz.nets.checkpoints.keras.hdf5 import Group, group_in, names_in, tensor_in

_INSIDE = (
    "", "cell/", "layer/", "forward_layer/", "forward_layer/cell/", "backward_layer/",
    "backward_layer/cell/",
)  # fmt: skip
"""Where the arrays of a layer and of what it wraps lie, in Keras's order."""
_ROOTS = ("", "_layer_checkpoint_dependencies/")
"""Before the layers; the second as in `.keras` of Keras 2.12."""
_MOST_ARRAYS = 64
_USED = {"Normalization": 2}
"""How many arrays compute, where others count what was seen."""


def lists_layers(root: Group) -> bool:
    """Whether the root of a file lists its layers, as weights alone did before Keras 3."""
    return "layer_names" in root.attrs or "layer_names0" in root.attrs


class NamedGroups:
    """The weights of a file as Keras 1 and 2, and `.h5` of Keras 3, keep them."""

    def __init__(self, root: Group, file: str) -> None:
        self._file = file
        inner = group_in(root, "model_weights", file)
        self._root: Group = root if inner is None else inner

    def of(self, layer: KerasLayer) -> Sequence[Tensor]:
        """The arrays of a layer, in Keras's order; empty where it has none."""
        outer = (*layer.nest, layer.name)[0]
        group = group_in(self._root, outer, self._file)
        if group is None:
            return []
        names = names_in(group, "weight_names", self._file)
        if layer.nest:
            names = [name for name in names if layer.name in name.split("/")]
        if len(names) > _MOST_ARRAYS:
            raise ModelFileError(
                f"{self._file} lists {len(names):,} arrays for the layer {layer.name}; it is "
                "damaged"
            )
        used = names[: _USED.get(layer.kind, _MOST_ARRAYS)]
        return [tensor_in(group, name, self._file) for name in used]


class CountedGroups:
    """The weights of a file as Keras 3 keeps them, in `.keras` and `.weights.h5`."""

    def __init__(self, root: Group, model: Mapping[str, Any], file: str) -> None:
        self._root, self._file = root, file
        self._paths = stored_paths(model)
        self._own = dict(self._own_names("", ()))

    def of(self, layer: KerasLayer) -> Sequence[Tensor]:
        """The arrays of a layer, in Keras's order; empty where it has none."""
        key = (*layer.nest, layer.name)
        stored = self._paths.get(key, "")
        paths = [self._own.get(key), stored, f"{_ROOTS[1]}{stored.removeprefix('layers/')}"]
        found: list[Tensor] = []
        for path in filter(None, paths):
            for inside in _INSIDE:
                group = group_in(self._root, f"{path}/{inside}vars", self._file)
                if group is None:
                    continue
                numbers = sorted(int(name) for name in group if name.isdecimal() and len(name) < 10)
                numbers = numbers[: _USED.get(layer.kind, _MOST_ARRAYS)]
                found += [tensor_in(group, str(number), self._file) for number in numbers]
            if found:
                break
        return found

    def _own_names(self, path: str, nest: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
        """Where the layers lie whose group says what they are called, as since Keras 3.3."""
        for prefix in _ROOTS:
            layers = group_in(self._root, f"{path}{prefix}layers", self._file)
            for name in layers if layers is not None and len(nest) < 8 else ():
                inside = f"{path}{prefix}layers/{name}"
                group = group_in(self._root, f"{inside}/vars", self._file)
                if group is None or not (own := _own_name(group)):
                    continue
                yield (*nest, own), inside
                yield from self._own_names(f"{inside}/", (*nest, own))


def _own_name(group: Group) -> str:
    value = group.attrs.get("name")
    return value.decode() if isinstance(value, bytes) else value if isinstance(value, str) else ""
