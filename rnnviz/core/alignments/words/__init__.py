"""Tokens and the words that people see: cut, joined, and told whose character is whose."""
