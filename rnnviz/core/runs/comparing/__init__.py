"""Runs side by side: a row for each, their settings in words, and which of them are shown."""
