"""The kinds of sequence that a recording can hold: one line each."""

from rnnviz.core.sequences.numbers import NumbersLayout
from rnnviz.core.sequences.text import TextLayout
from rnnviz.core.sequences.tokens import TokensLayout

AnyLayout = TextLayout | TokensLayout | NumbersLayout
