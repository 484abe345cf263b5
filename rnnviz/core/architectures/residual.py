"""The network that adds: what a residual network is over its layers, over time."""

from rnnviz.core.architectures.facts import ArchitectureFacts, Channel

RESIDUAL = ArchitectureFacts(
    name="residual",
    title="residual RNN",
    short="Residual",
    about="h = h + tanh(W x + b): every step adds, and nothing is ever forgotten, as over the "
    "layers of He et al. (2016).",
    channels=(
        Channel("hidden", "hidden state", "unbounded", "The sum of all that was added."),
        Channel("added", "addition", "symmetric", "What this step adds."),
    ),
    states=("hidden",),
    row_gates=("added",),
    runs=frozenset({"step", "parallel"}),
    made={"hidden": "before_hidden + added"},
    parameters={"weight_ih": ("rows", "inputs"), "bias_ih": ("rows",)},
)
