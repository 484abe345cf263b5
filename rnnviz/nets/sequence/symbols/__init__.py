"""From a text to the symbols that a network reads, of every kind, and back."""
