"""The linear layers behind the recurrent ones: their weights, and what is between them.

Normalisation over the data is an affine map in evaluation and is computed into the linear layer
beside it. Which activation stands between two layers a state_dict does not tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, cast

import torch
from torch import Tensor
from torch.nn import functional

from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.network import Activation, Dense
from rnnviz.nets.checkpoints.networks.normalisations import epsilon_of
from rnnviz.nets.checkpoints.networks.parts import Modules, Part
from rnnviz.nets.sequence.network import ACTIVATIONS

Seen = Literal["top", "all", "sum"]
"""What the head reads: the top layer, all layers side by side, or the sum of both directions."""
_ACTIVATIONS: dict[str, Activation] = {
    "ReLU": "relu", "Tanh": "tanh", "Sigmoid": "sigmoid", "GELU": "gelu", "Identity": "linear",
    "SiLU": "silu", "SELU": "selu", "Softsign": "softsign",
}  # fmt: skip
_OTHER_ACTIVATIONS = re.compile(
    r"(Leaky|P|R|C|Si|S)?(E)?LU6?|Leaky\w+|PReLU|ELU|SELU|SiLU|Mish|Softplus|Hardtanh|Hard\w+|"
    r"Softsign|Tanhshrink|GLU"
)
_PROJECTION = re.compile(r"(^|[._])proj(ect(ion|or)?)?\d*$|bottleneck", re.IGNORECASE)
"""What a layer is called that brings what is read to another width, and does nothing else."""
_USUAL: Activation = "relu"


class Between(NamedTuple):
    """What stands between two linear layers."""

    activation: Activation
    notes: list[str]
    known: bool
    """Whether the file tells it."""


@dataclass
class HeadFound:
    """A head with one activation where the file does not tell it."""

    hidden: tuple[Dense, ...]
    tensors: dict[str, Tensor]
    notes: list[str]
    title: str = ""
    """What is assumed, where something is: `relu inside the head`."""


@dataclass
class _Linear:
    """A linear layer with what was computed into it, and what normalises what it gives."""

    part: Part
    weight: Tensor
    bias: Tensor
    norm: Part | None = None


@dataclass
class HeadReader:
    """Reads heads of one file.

    Raises:
        ModelFileError: an activation or a normalisation that cannot be shown.
    """

    modules: Modules
    file: str

    def heads(self, parts: Sequence[Part], seen: Seen, width: int | None) -> Iterator[HeadFound]:
        """The head that these parts make up, once for every activation that may be in it.

        Args:
            width: what the first linear layer reads; None if only one way fits.
        """
        linear, notes = self._linear(parts, seen, width)
        found, known, used = self._with(linear, None)
        found.notes[:0] = notes
        yield found
        if known:
            return
        found.title = f"{used} inside the head"
        others: tuple[Activation, ...] = ("relu", "tanh", "linear")
        for other in others:
            if other != used:
                own, _, _ = self._with(linear, other)
                own.title = f"{other} inside the head"
                own.notes[:0] = notes
                yield own

    def _linear(
        self, parts: Sequence[Part], seen: Seen, width: int | None
    ) -> tuple[list[_Linear], list[str]]:
        """The linear layers, the first one first, with the normalisations beside them."""
        linear: list[_Linear] = []
        notes: list[str] = []
        pending: Part | None = None
        before: Part | None = None
        for part in parts:
            if part.kind == "matrix":
                made = _matrix(part, len(linear[-1].weight) if linear else width)
                if pending is not None:
                    made.bias = made.bias + made.weight @ cast(Tensor, pending.bias)
                    made.weight = made.weight * pending.weight
                    pending = None
                if seen == "sum" and not linear:
                    made.weight = torch.cat([made.weight, made.weight], dim=1)
                    notes.append("the head reads the sum of both directions")
                linear.append(made)
            elif part.kind == "batch-norm":
                notes.append(
                    f"{part.name} computes as its running averages say, as in evaluation, and was "
                    "computed into the linear layer beside it"
                )
                if linear and before is not None and not self.gap(before, part):
                    last = linear[-1]
                    last.weight = last.weight * part.weight[:, None]
                    last.bias = last.bias * part.weight + cast(Tensor, part.bias)
                else:
                    pending = part
            else:
                self._normalise(part, linear, before)
            before = part
        return linear, notes

    def _normalise(self, part: Part, linear: Sequence[_Linear], before: Part | None) -> None:
        if not linear or before is None or self.gap(before, part) or linear[-1].norm is not None:
            raise ModelFileError(
                f"{self.file} normalises where a network that can be shown does not ({part.name}): "
                "not right behind a linear or a recurrent layer"
            )
        linear[-1].norm = part

    def _with(
        self, linear: Sequence[_Linear], assumed: Activation | None
    ) -> tuple[HeadFound, bool, Activation]:
        """The head, whether the file tells its activations, and what was assumed if not."""
        found = HeadFound((), {}, [])
        known, used = True, _USUAL
        for place, one in enumerate(linear[:-1]):
            between = self.between(one.part, linear[place + 1].part)
            act = between.activation
            if between.known:
                found.notes += between.notes
            elif assumed is not None:
                act = assumed
                found.notes.append(
                    f"{assumed} is taken between {one.part.name} and what follows it"
                )
            else:
                used = act
                found.notes += between.notes
            known = known and between.known
            normalised: Literal["", "layer"] = "layer" if one.norm is not None else ""
            found.hidden += (
                Dense(
                    units=len(one.weight),
                    activation=act,
                    normalisation=normalised,
                    epsilon=epsilon_of(self.modules.get(one.norm.name) if one.norm else None),
                ),
            )
            found.tensors |= {f"head.{place}.weight": one.weight, f"head.{place}.bias": one.bias}
            if one.norm is not None:
                found.tensors[f"head_norms.{place}.weight"] = one.norm.weight
                found.tensors[f"head_norms.{place}.bias"] = cast(Tensor, one.norm.bias)
        found.tensors |= {"output.weight": linear[-1].weight, "output.bias": linear[-1].bias}
        return found, known, used

    # What stands between

    def following(self, part: Part) -> tuple[Activation, list[str]]:
        """The activation behind a linear front end."""
        names = list(self.modules)
        if part.name in names:
            for name in names[names.index(part.name) + 1 :][:2]:
                if self.modules[name].kind in _ACTIVATIONS:
                    return _ACTIVATIONS[self.modules[name].kind], []
        return "linear", [f"nothing is taken to stand between {part.name} and the layers"]

    def between(self, below: Part, above: Part) -> Between:
        """What stands between two linear layers."""
        first, second = _numbered(below.name), _numbered(above.name)
        same = first is not None and second is not None and first[0] == second[0]
        inside = list(self.modules)
        if same and first and second:
            inside = [f"{first[0]}{n}" for n in range(first[1] + 1, second[1])]
        kinds = [self.modules[name].kind for name in inside if name in self.modules]
        acts = list(dict.fromkeys(_ACTIVATIONS[kind] for kind in kinds if kind in _ACTIVATIONS))
        for kind in kinds:
            if _OTHER_ACTIVATIONS.fullmatch(kind) and kind not in _ACTIVATIONS:
                raise ModelFileError(
                    f"{self.file} has a {kind} between {below.name} and {above.name}, which cannot "
                    "be shown yet"
                )
        if same and self.modules:
            return Between(acts[0] if acts else "linear", [], True)
        if same and first and second and second[1] == first[1] + 1:
            return Between("linear", [], True)
        if len(acts) == 1:
            said = f"{acts[0]} is taken between {below.name} and {above.name}: the model has it"
            return Between(acts[0], [said], False)
        if _PROJECTION.search(below.name):
            said = f"nothing is taken to stand between {below.name} and {above.name}"
            return Between("linear", [f"{said}: the file cannot tell"], False)
        said = f"ReLU is assumed between {below.name} and {above.name}: the file cannot tell"
        return Between("relu", [said], False)

    def gap(self, below: Part, above: Part) -> bool:
        """Whether an activation stands between two parts of a Sequential."""
        first, second = _numbered(below.name), _numbered(above.name)
        if first is None or second is None or first[0] != second[0]:
            return False
        between = [f"{first[0]}{n}" for n in range(first[1] + 1, second[1])]
        if self.modules:
            kinds = [self.modules[name].kind for name in between if name in self.modules]
            return any(kind in _ACTIVATIONS for kind in kinds)
        return bool(between)

    # Normalisation

    def table(self, parts: Sequence[Part]) -> tuple[Tensor, list[str]]:
        """The numbers of every symbol behind an embedding and what follows it, (V, E).

        What is done to each symbol by itself gives one row for it, so it is a larger embedding.
        """
        table, notes, before = parts[0].weight, list[str](), parts[0]
        for part in parts[1:]:
            bias = cast(Tensor, part.bias)
            if part.kind == "matrix":
                told = self.between(before, part) if before is not parts[0] else None
                if told is not None:
                    table = ACTIVATIONS[told.activation]()(table)
                    notes += told.notes
                table = functional.linear(table, turned(part, table.shape[1]), part.bias)
            elif part.kind == "layer-norm":
                shape, epsilon = part.weight.shape, epsilon_of(self.modules.get(part.name))
                table = functional.layer_norm(table, shape, part.weight, bias, epsilon)
            else:
                table = table * part.weight + bias
            before = part
        if len(parts) > 1:
            names = ", ".join(part.name for part in parts[1:])
            notes.append(f"{names} stands between embedding and layers and was computed into it")
        return table, notes


def _matrix(part: Part, width: int | None) -> _Linear:
    weight = turned(part, width)
    bias = torch.zeros(len(weight)) if part.bias is None else part.bias
    return _Linear(part, weight, bias)


def turned(part: Part, width: int | None) -> Tensor:
    """The matrix of a part that reads this width; a parameter of its own may lie the other way."""
    other = part.loose and width is not None and part.shape[1] != width
    return part.weight.t() if other else part.weight


def _numbered(name: str) -> tuple[str, int] | None:
    """The place of a part in a Sequential: `head.` and 2."""
    before, _, last = name.rpartition(".")
    return (
        (f"{before}." if before else "", int(last)) if last.isdecimal() and len(last) < 10 else None
    )
