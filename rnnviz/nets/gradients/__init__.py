"""Gradients through time: how a loss reaches earlier states, clipping, truncation."""
