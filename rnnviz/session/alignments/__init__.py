"""The open translation model and what is asked of it."""
