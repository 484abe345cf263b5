"""Quiet lines above the text: what is followed, what is changed, which checkpoint it is."""
