"""Everything that needs torch: networks, checkpoints, walking, sampling, training."""
