"""Gradients through time of the networks that are compared."""
