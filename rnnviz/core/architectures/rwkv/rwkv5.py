"""Time mixing of RWKV-5.2 "Eagle" (Peng et al. 2024): a matrix a head, faded row by row."""

from rnnviz.core.architectures.facts import ArchitectureFacts, Channel

RWKV5 = ArchitectureFacts(
    name="rwkv-5",
    title="RWKV-5 time mixing",
    short="RWKV-5",
    article="an",
    about="Every head keeps a matrix: keys times values, summed and faded by constant decays, of "
    "Peng et al. (2024), version 5.2.",
    channels=(
        Channel("hidden", "output", "unbounded", "What the block adds to the stream."),
        Channel(
            "memory", "memory", "unbounded",
            "How much a unit holds: the length of its column of the matrix of its head.",
        ),
        Channel("read", "what is read", "unbounded", "What the receptance finds in its column."),
        Channel("gate", "gate", "unbounded", "silu of a row of weights: what it is let through."),
    ),
    states=("hidden", "memory"),
    row_gates=("read",),
    runs=frozenset({"step"}),
    parameters={
        "norm_weight": ("inputs",), "norm_bias": ("inputs",),
        "mix_k": ("inputs",), "mix_v": ("inputs",), "mix_r": ("inputs",), "mix_g": ("inputs",),
        "decay": ("units",), "first": ("units",),
        "key": ("units", "inputs"), "value": ("units", "inputs"), "receptance": ("units", "inputs"),
        "gate": ("units", "inputs"), "heads_weight": ("units",), "heads_bias": ("units",),
        "output": ("given", "units"),
    },
    projection="output",
    variants={"heads_eps": (64e-5, 1e-5)},
    sizes={"head": "units"},
    vector_states=False,
    made_here=False,
)  # fmt: skip
