"""Gradients through time as numbers: fields of norms, how fast they decay, matrices and the bound.

Pascanu, Mikolov and Bengio 2013, "On the difficulty of training recurrent neural networks",
section 2; Bengio, Simard and Frasconi 1994.
"""
