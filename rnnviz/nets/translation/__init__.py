"""Encoder-decoder networks: from a sentence to another one, with or without attention."""
