"""The gated recurrent unit."""

from rnnviz.core.architectures.elman import HIDDEN
from rnnviz.core.architectures.facts import ArchitectureFacts, Channel
from rnnviz.core.architectures.torch_layout import GATES, STACKED_GATES

GRU = ArchitectureFacts(
    name="gru",
    title="GRU",
    short="GRU",
    about="h = (1 - z) * n + z * h: two gates and one state, of Cho et al. (2014).",
    channels=(
        HIDDEN,
        Channel("reset", "reset gate", "share", "How much of the state the new one is made from."),
        Channel("update", "update gate", "share", "How much of the state stays: 1 keeps all."),
        Channel("new", "new state", "symmetric", "What takes the place of what does not stay."),
    ),
    states=("hidden",),
    row_gates=("reset", "update", "new"),
    runs=frozenset({"step", "fused"}),
    parameters=STACKED_GATES,
    torch_module="GRU",
    made={"hidden": "(1 - update) * new + update * before_hidden"},
    variants={"reset_after": (True, False), "gates": GATES, "activation": ("tanh", "relu")},
)
