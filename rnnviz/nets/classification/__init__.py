"""Networks that read a text and say what it is."""
