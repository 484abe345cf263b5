"""Training runs: watched, started, and their checkpoints."""
