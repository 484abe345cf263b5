"""The block of Mamba (Gu and Dao 2023): a linear recurrence whose steps depend on what is read."""

from rnnviz.core.architectures.facts import ArchitectureFacts, Channel

MAMBA = ArchitectureFacts(
    name="mamba",
    title="Mamba",
    short="Mamba",
    about="Every unit keeps a few numbers that fade and take in what is read; how long a step is, "
    "what is written and what is read out depend on the input: the selective scan of Gu and Dao "
    "(2023).",
    channels=(
        Channel("hidden", "output", "unbounded", "What the block adds to the stream."),
        Channel(
            "memory", "memory", "unbounded", "How much a unit holds: the length of its states."
        ),
        Channel("read", "what is read", "unbounded", "C · h + D x: what is read from its states."),
        Channel(
            "delta", "step size", "unbounded",
            "How much of what enters is taken in, and of what is held forgotten; never negative.",
        ),
        Channel("signal", "signal", "unbounded", "What enters, after the convolution and silu."),
        Channel("gate", "gate", "unbounded", "silu of the other branch: what it is let through."),
    ),
    states=("hidden", "memory"),
    row_gates=("signal", "gate"),
    runs=frozenset({"step"}),
    parameters={
        "norm_weight": ("inputs",),
        "entering": ("rows", "inputs"),
        "conv_weight": ("units", "kernel"), "conv_bias": ("units",),
        "rank": ("step_rank", "units"), "into": ("states", "units"), "out_of": ("states", "units"),
        "step_weight": ("units", "step_rank"), "step_bias": ("units",),
        "decay": ("units", "states"), "skip": ("units",),
        "output": ("given", "units"),
    },
    projection="output",
    sizes={"states": 16, "kernel": 4, "step_rank": 1},
    vector_states=False,
    made_here=False,
)  # fmt: skip
