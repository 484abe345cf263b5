"""Time mixing of RWKV-4 (Peng et al. 2023): a running mean of values, each weighed by its key."""

from rnnviz.core.architectures.facts import ArchitectureFacts, Channel

RWKV4 = ArchitectureFacts(
    name="rwkv-4",
    title="RWKV-4 time mixing",
    short="RWKV-4",
    article="an",
    about="Every unit keeps the mean of its values so far, weighed by exp(key) and faded by a "
    "constant decay: attention that is computed as a recurrence, of Peng et al. (2023).",
    channels=(
        Channel("hidden", "output", "unbounded", "What the block adds to the stream."),
        Channel("memory", "memory", "unbounded", "The weighed mean of all values up to here."),
        Channel(
            "read", "what is read", "unbounded",
            "The mean with this step's own value, which counts for more once.",
        ),
        Channel("receptance", "receptance", "share", "How much of it is let through."),
        Channel("key", "key", "unbounded", "The logarithm of the weight of this step's value."),
    ),
    states=("hidden", "memory"),
    row_gates=("key",),
    runs=frozenset({"step"}),
    parameters={
        "norm_weight": ("inputs",), "norm_bias": ("inputs",),
        "mix_k": ("inputs",), "mix_v": ("inputs",), "mix_r": ("inputs",),
        "decay": ("units",), "first": ("units",),
        "key": ("units", "inputs"), "value": ("units", "inputs"), "receptance": ("units", "inputs"),
        "output": ("given", "units"),
    },
    projection="output",
    vector_states=False,
    made_here=False,
)  # fmt: skip
