"""A small network unrolled over a few steps: what it is, and every number of its computation."""
