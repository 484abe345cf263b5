"""The vanilla recurrent network."""

from rnnviz.core.architectures.facts import ArchitectureFacts, Channel
from rnnviz.core.architectures.torch_layout import STACKED_GATES

HIDDEN = Channel("hidden", "hidden state", "symmetric", "What the unit tells the layers above.")

ELMAN = ArchitectureFacts(
    name="rnn",
    title="vanilla RNN",
    short="RNN",
    about="h = tanh(W x + U h + b): one product and tanh, of Elman (1990).",
    channels=(HIDDEN,),
    states=("hidden",),
    row_gates=("hidden",),
    runs=frozenset({"step", "fused"}),
    parameters=STACKED_GATES,
    torch_module="RNN",
    variants={"activation": ("tanh", "relu")},
    assumed="a vanilla RNN with tanh is assumed: the file cannot tell whether it was trained with "
    "ReLU",
    bounded_by_weights=True,
)
