"""Translators that other people trained."""
