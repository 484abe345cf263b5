"""Encoder-decoder networks, and where they look: from a sentence to another one, word by word."""
