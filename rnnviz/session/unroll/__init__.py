"""The small network that is shown unrolled."""
