"""Facts and arithmetic; no windows, no processes, no torch.

Axis letters, used in every docstring of the project:

====  =====================================================
T     steps of what is read: characters, words, rows of numbers
F     numbers a step, where rows of numbers are read
N     units of all layers together, layer by layer
L     layers
U     units in one layer
W     width of what a layer gives: U, or 2 U where it reads both ways
O     answers of the head
B     batch: sequences side by side
V     vocabulary
C     concepts; of a decoder's memory, the width of a context
S     source positions (tokens, image regions or frames)
G     generated tokens
K     steps back in time
====  =====================================================
"""
