"""The gated recurrent unit with nothing left in it that would keep steps from running at once."""

from rnnviz.core.architectures.facts import ArchitectureFacts, Channel

MIN_GRU = ArchitectureFacts(
    name="min-gru",
    title="minGRU",
    short="minGRU",
    about="h = (1 - z) * h + z * n, where z and n see the input alone: a GRU that is trained in "
    "parallel, of Feng et al. (2024).",
    channels=(
        Channel("hidden", "hidden state", "unbounded", "What the unit tells the layers above."),
        Channel(
            "update", "update gate", "share", "How much of the state is replaced: 0 keeps all."
        ),
        Channel("candidate", "candidate", "unbounded", "What takes the place of what is replaced."),
    ),
    states=("hidden",),
    row_gates=("update", "candidate"),
    runs=frozenset({"step", "parallel"}),
    made={"hidden": "(1 - update) * before_hidden + update * candidate"},
    parameters={"weight_ih": ("rows", "inputs"), "bias_ih": ("rows",)},
)
