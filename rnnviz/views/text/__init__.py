"""Coloured text in the window: laid out, painted, edited, searched."""
