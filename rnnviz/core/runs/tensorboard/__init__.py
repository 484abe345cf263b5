"""TensorBoard's event files: their records, and a directory of them watched like a run of ours."""
