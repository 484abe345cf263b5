"""Facts and arithmetic; no windows, no processes, no torch.

Axis letters, used in every docstring of the project:

====  =====================================================
T     characters of a text (time)
N     units of all layers together, layer by layer
L     layers
U     units in one layer
B     batch
V     vocabulary
C     concepts
S     source positions (tokens, image regions or frames)
G     generated tokens
K     steps back in time
====  =====================================================
"""
