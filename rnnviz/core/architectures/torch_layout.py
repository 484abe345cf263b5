"""The parameters of a layer as torch's own recurrent modules name and shape them."""

from collections.abc import Mapping

from rnnviz.core.architectures.facts import Size

GATES = ("sigmoid", "hard-sigmoid", "hard-sigmoid-0.2")
"""How gates may be squashed: x/6 + 1/2 cut to 0 and 1, as torch and Keras 3 have it, or
0.2 x + 1/2, as Keras had it before."""

STACKED_GATES: Mapping[str, tuple[Size, ...]] = {
    "weight_ih_l0": ("rows", "inputs"),
    "weight_hh_l0": ("rows", "given"),
    "bias_ih_l0": ("rows",),
    "bias_hh_l0": ("rows",),
}
"""One matrix for what enters, one for the last state, a bias for each; a block of rows a gate."""
