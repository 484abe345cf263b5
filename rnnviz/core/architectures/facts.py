"""What there is to know of a kind of recurrent layer without running it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

_MOST = 1 << 16
Range = Literal["symmetric", "share", "unbounded"]
"""Where the values of a channel lie: from -1 to 1, from 0 to 1, or anywhere."""
Way = Literal["step", "fused", "parallel"]
"""How a block of steps may be run: one after the other in Python; one after the other in a kernel
made for it; all at once."""
Setting = str | bool | int | float
Size = str
"""A side of a parameter: `rows` for blocks * U, `inputs` for the width of what enters the layer,
`units` for U, `given` for the width of what the layer gives, which a projection makes other than U,
`main` for what enters without what `beside` tells of, and the names of `sizes`."""


class Channel(Struct, frozen=True):
    """One quantity that every unit of a layer has at every step."""

    name: str
    """The key in recordings: `forget`."""
    title: str
    """For people: `forget gate`."""
    range: Range
    about: str
    """One sentence for people."""

    @property
    def is_gate(self) -> bool:
        """Whether it lies between shut and open."""
        return self.range == "share"


class ArchitectureFacts(Struct, frozen=True, kw_only=True, eq=False):
    """A kind of recurrent layer; its arithmetic is the class of the same name in `nets`.

    There is one object of each, which equals itself alone.
    """

    name: str
    """The key in model files: `lstm`."""
    title: str
    """For people: `vanilla RNN`."""
    short: str
    """The same where room is scarce: `RNN`."""
    article: Literal["a", "an"] = "a"
    about: str
    """What it computes, in a sentence, and whose it is."""
    channels: tuple[Channel, ...]
    """`hidden` first: what the layer gives to the one above."""
    states: tuple[str, ...]
    """The channels that a step leaves to the next one; in the last a value stays longest."""
    row_gates: tuple[str, ...]
    """The channel that each block of U rows of the weights computes, in their order."""
    runs: frozenset[Way]
    parameters: Mapping[str, tuple[Size, ...]]
    """The sides of every parameter by its name."""
    sizes: Mapping[str, int | str] = field(default_factory=dict)
    """Widths inside the layer, by the name of the setting that says them: the usual one, or the
    side that it usually is as wide as."""
    only_with: Mapping[str, str] = field(default_factory=dict)
    """The parameters that are there only where a setting is on, and that setting."""
    beside: str = ""
    """The setting where that is on, the last U of what enters are no part of the stream that the
    layer reads, but what another layer gave beside it."""
    vector_states: bool = True
    """Whether its state is `states` and nothing else, (B, U) each. Where it is more, such as a
    matrix a head, there is no Jacobian from state to state and no state of a given value."""
    made_here: bool = True
    """Whether new networks are made of it; else only files of other programs hold it."""
    grows: bool = False
    """Whether the state is larger after every step, as what attention may look at is; there is then
    no Jacobian from state to state, and no state of a given value to begin with."""
    open_gate: str = ""
    """The one of `row_gates` whose bias starts at 1, so that a fresh network remembers."""
    torch_module: str = ""
    """What `torch.nn` calls this layer, where it has it: state_dicts of other people hold such."""
    projection: str = ""
    """The parameter (given, units) by which what it gives may be projected; empty for none."""
    variants: Mapping[str, tuple[Setting, ...]] = field(default_factory=dict)
    """What a layer may do otherwise, by the setting's name: the values it may have, the usual one
    first."""
    assumed: str = ""
    """What a file of weights cannot tell and is taken for granted, in a sentence."""
    made: Mapping[str, str] = field(default_factory=dict)
    """How a channel follows from others, in Python's signs: their names, `before_` and the name of
    a state for its value at the step before, `activation` for what the variant says, tanh most
    often. Only where no matrix is needed: `{"hidden": "output * activation(cell)"}`."""
    bounded_by_weights: bool = False
    """Whether no Jacobian dh_t/dh_{t-k} is larger than the k-th power of the largest singular value
    of W_hh (Pascanu et al. 2013): there is nothing else between but slopes of at most 1."""

    @property
    def blocks(self) -> int:
        """How many blocks of U rows the weights have."""
        return len(self.row_gates)

    @property
    def gated(self) -> bool:
        """Whether anything decides how much of the last state stays."""
        return any(channel.is_gate for channel in self.channels)

    @property
    def starts_anywhere(self) -> bool:
        """Whether it may begin in a state of given values: as many vectors as it has states."""
        return self.vector_states and not self.grows

    @property
    def channel_names(self) -> tuple[str, ...]:
        """The keys of all channels, `hidden` first."""
        return tuple(channel.name for channel in self.channels)

    @property
    def with_article(self) -> str:
        """`an LSTM`."""
        return f"{self.article} {self.title}"

    def channel(self, name: str) -> Channel:
        """The channel of this name.

        Raises:
            KeyError: there is none.
        """
        for channel in self.channels:
            if channel.name == name:
                return channel
        raise KeyError(name)

    def wrong_settings(self, variant: Mapping[str, Setting]) -> list[str]:
        """What is wrong with the settings of a layer of this kind, in words."""
        problems = []
        for name, value in variant.items():
            if name in self.sizes:
                if type(value) is not int or not 1 <= value <= _MOST:
                    problems.append(f"{name} is {value!r}; it may be a number from 1 to {_MOST:,}")
            elif name not in self.variants:
                known = ", ".join((*self.variants, *self.sizes)) or "none"
                problems.append(f"{self.with_article} has no setting {name!r}; it has {known}")
            elif value not in self.variants[name]:
                allowed = ", ".join(map(str, self.variants[name]))
                problems.append(f"{name} is {value!r}; it may be {allowed}")
        return problems

    def open_rows(self, units: int) -> slice:
        """The rows of `open_gate`, which must not be empty."""
        first = self.row_gates.index(self.open_gate) * units
        return slice(first, first + units)

    def widths(self, units: int, variant: Mapping[str, Setting] | None = None) -> dict[str, int]:
        """How wide a layer is inside, by the names of `sizes`."""
        variant = variant or {}
        found: dict[str, int] = {}
        for name, usual in self.sizes.items():
            said = variant.get(name)
            if isinstance(said, int) and said > 0:
                found[name] = said
            else:
                found[name] = units if isinstance(usual, str) else usual
        return found

    def has(self, parameter: str, variant: Mapping[str, Setting]) -> bool:
        """Whether a layer with these settings has this parameter."""
        setting = self.only_with.get(parameter)
        return setting is None or bool(variant.get(setting, self.variants[setting][0]))

    def shapes(
        self,
        inputs: int,
        units: int,
        given: int = 0,
        variant: Mapping[str, Setting] | None = None,
    ) -> dict[str, tuple[int, ...]]:
        """The shape of every parameter by its name, by arithmetic alone: no memory is taken.

        Args:
            inputs: the width of what enters the layer.
            given: the width of what it gives, where that is not `units`.
            variant: the settings of the layer.
        """
        variant = variant or {}
        sizes: dict[Size, int] = {
            "rows": self.blocks * units, "inputs": inputs, "units": units, "given": given or units,
            "main": inputs - units * bool(self.beside and variant.get(self.beside)),
        }  # fmt: skip
        sizes |= self.widths(units, variant)
        projected = {self.projection: (given, units)} if given and given != units else {}
        return {
            name: tuple(sizes[side] for side in sides)
            for name, sides in self.parameters.items()
            if self.has(name, variant)
        } | projected
