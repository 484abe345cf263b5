"""Alignments as facts: weights, links, error rates, tokens, pairs of sentences."""
