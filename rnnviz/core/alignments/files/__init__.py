"""Alignments and pairs of sentences as other programs keep them in files."""
