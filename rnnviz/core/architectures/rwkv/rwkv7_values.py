"""The values of RWKV-7's first block, which every block above mixes with its own."""

from rnnviz.core.architectures.facts import ArchitectureFacts, Channel

RWKV7_VALUES = ArchitectureFacts(
    name="rwkv-7-values",
    title="RWKV-7's first values",
    short="first values",
    article="an",
    about="What the first block of RWKV-7 makes of each symbol and the one before it; the time "
    "mixing of every block mixes these values with its own.",
    channels=(Channel("hidden", "value", "unbounded", "A value of the first block."),),
    states=("hidden",),
    row_gates=("hidden",),
    runs=frozenset({"step", "parallel"}),
    parameters={
        "norm_weight": ("inputs",), "norm_bias": ("inputs",), "mix_v": ("inputs",),
        "value": ("units", "inputs"),
    },
    vector_states=False,
    made_here=False,
)  # fmt: skip
