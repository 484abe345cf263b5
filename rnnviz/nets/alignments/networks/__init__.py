"""Encoders, decoders and attention: the networks that translate, with their weights."""
