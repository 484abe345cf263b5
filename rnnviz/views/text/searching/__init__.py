"""Finding in a text, and pieces of it in a list."""
