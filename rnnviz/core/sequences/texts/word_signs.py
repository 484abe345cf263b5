"""Signs that stand within words, beside letters, digits and the marks on them."""

from __future__ import annotations

JOINERS = "\u200c\u200d"
"""Stand between letters in Persian and Hindi."""
UNSEEN_IN_WORDS = "\u00ad\u2060"
"""Hyphens that are seen at line ends alone, and what forbids a line end."""
INSIDE_WORDS = "'\u2019\u00b7\u05f3\u05f4"
"""Stand between two letters of a word: apostrophes, the dot of Catalan, geresh and gershayim."""
