"""The pictures of unrolled networks: a moment, a step from inside, some steps of an open model."""
