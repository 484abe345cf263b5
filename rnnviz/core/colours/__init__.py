"""Which colour a number gets, for every palette and both grounds."""
