"""The Gradients workspace: what back-propagation through time does."""
