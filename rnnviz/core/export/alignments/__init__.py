"""Alignments for other programs: figures, pages, LaTeX, tables."""
