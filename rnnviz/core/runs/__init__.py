"""The directory of a training run: what a trainer writes, and how it is watched."""
