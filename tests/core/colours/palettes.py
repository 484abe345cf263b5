"""Which palettes are which."""

UNEVEN = ("blue-red", "red-blue", "purple-yellow")
"""Signed palettes whose upper end stands out from the lower at 2 : 1."""
