"""The long short-term memory."""

from rnnviz.core.architectures.elman import HIDDEN
from rnnviz.core.architectures.facts import ArchitectureFacts, Channel
from rnnviz.core.architectures.torch_layout import GATES, STACKED_GATES

LSTM = ArchitectureFacts(
    name="lstm",
    title="LSTM",
    short="LSTM",
    article="an",
    about="c = f * c + i * g, h = o * tanh(c): a cell beside the hidden state, of Hochreiter and "
    "Schmidhuber (1997), with the forget gate of Gers et al. (2000).",
    channels=(
        HIDDEN,
        Channel("cell", "cell state", "unbounded", "What the unit remembers; it may count."),
        Channel("input", "input gate", "share", "How much of the candidate enters the cell."),
        Channel("forget", "forget gate", "share", "How much of the cell stays: 1 keeps all."),
        Channel("output", "output gate", "share", "How much of the cell is shown to others."),
        Channel("candidate", "candidate", "symmetric", "What would enter the cell."),
    ),
    states=("hidden", "cell"),
    row_gates=("input", "forget", "candidate", "output"),
    runs=frozenset({"step", "fused"}),
    parameters=STACKED_GATES,
    open_gate="forget",
    made={
        "cell": "forget * before_cell + input * candidate",
        "hidden": "output * activation(cell)",
    },
    torch_module="LSTM",
    variants={"gates": GATES, "activation": ("tanh", "relu")},
    projection="weight_hr_l0",
)
