"""Panels, one package a workspace; each package lists its own in `PANELS`."""
