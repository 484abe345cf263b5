"""Choosing a concept or a unit, and making a concept."""
