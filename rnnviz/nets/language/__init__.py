"""The character language model, and how it writes."""
