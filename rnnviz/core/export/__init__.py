"""Coloured text for other programs: a page, a terminal, a table; nothing about windows."""
