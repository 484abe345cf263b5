"""Sequences from files as people have them: labelled texts, tagged words, tables of numbers."""
