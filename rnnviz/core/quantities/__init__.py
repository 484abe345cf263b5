"""Amounts as people say them: losses, spans of time, names of units."""
