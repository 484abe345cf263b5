"""The training loop, top to bottom; what it may learn is in `nets.training_tasks`."""
