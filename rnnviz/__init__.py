"""rnnviz shows what recurrent and attention models do: cells, gradients, alignments, training."""

__version__ = "0.1.0"
