"""Channel mixing of RWKV: the wide layer between two time mixings, which sees one step back."""

from rnnviz.core.architectures.facts import ArchitectureFacts, Channel

CHANNEL_MIX = ArchitectureFacts(
    name="rwkv-channel-mix",
    title="RWKV channel mixing",
    short="channel mixing",
    article="an",
    about="relu(W x)² of a symbol mixed with the one before it, and back to the width of the "
    "stream; up to version 6 with a gate.",
    channels=(
        Channel("hidden", "output", "unbounded", "What the block adds to the stream."),
        Channel("active", "activity", "unbounded", "relu(W x)²: how strongly the unit answers."),
    ),
    states=("hidden",),
    row_gates=("active",),
    runs=frozenset({"step", "parallel"}),
    parameters={
        "norm_weight": ("inputs",), "norm_bias": ("inputs",),
        "mix_k": ("inputs",), "mix_r": ("inputs",),
        "key": ("units", "inputs"), "receptance": ("given", "inputs"),
        "output": ("given", "units"),
    },
    projection="output",
    variants={"gated": (True, False)},
    only_with={"mix_r": "gated", "receptance": "gated"},
    vector_states=False,
    made_here=False,
)  # fmt: skip
