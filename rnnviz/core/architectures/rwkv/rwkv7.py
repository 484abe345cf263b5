"""Time mixing of RWKV-7 "Goose" (Peng et al. 2025): a matrix a head, corrected as it reads."""

from rnnviz.core.architectures.facts import ArchitectureFacts, Channel

RWKV7 = ArchitectureFacts(
    name="rwkv-7",
    title="RWKV-7 time mixing",
    short="RWKV-7",
    article="an",
    about="Every head keeps a matrix from keys to values; each step fades it, takes off what it "
    "said of the key and writes the value instead: a delta rule, of Peng et al. (2025).",
    channels=(
        Channel("hidden", "output", "unbounded", "What the block adds to the stream."),
        Channel(
            "memory", "memory", "unbounded",
            "How much a unit holds: the length of its row of the matrix of its head.",
        ),
        Channel("read", "what is read", "unbounded", "What the receptance finds in its row."),
        Channel("decay", "decay", "share", "How much stays of what is held under this key: 1 all."),
        Channel("rate", "rate", "share", "How much of what was said of this key is taken off."),
        Channel("gate", "gate", "unbounded", "What it is let through."),
    ),
    states=("hidden", "memory"),
    row_gates=("read",),
    runs=frozenset({"step"}),
    parameters={
        "norm_weight": ("main",), "norm_bias": ("main",),
        "mix_r": ("main",), "mix_w": ("main",), "mix_k": ("main",), "mix_v": ("main",),
        "mix_a": ("main",), "mix_g": ("main",),
        "w0": ("units",), "w1": ("main", "decay_rank"), "w2": ("decay_rank", "units"),
        "a0": ("units",), "a1": ("main", "rate_rank"), "a2": ("rate_rank", "units"),
        "v0": ("units",), "v1": ("main", "value_rank"), "v2": ("value_rank", "units"),
        "g1": ("main", "gate_rank"), "g2": ("gate_rank", "units"),
        "key_norm": ("units",), "key_rate": ("units",), "bonus": ("units",),
        "key": ("units", "main"), "value": ("units", "main"), "receptance": ("units", "main"),
        "heads_weight": ("units",), "heads_bias": ("units",),
        "output": ("given", "units"), "bias": ("given",),
    },
    projection="output",
    variants={"first_values": (False, True), "heads_eps": (64e-5, 1e-5)},
    sizes={"head": "units", "decay_rank": 4, "rate_rank": 4, "value_rank": 4, "gate_rank": 4},
    only_with={"v0": "first_values", "v1": "first_values", "v2": "first_values"},
    beside="first_values",
    vector_states=False,
    made_here=False,
)  # fmt: skip
