"""Names of files for what people name: any characters, of any length."""

from __future__ import annotations

import hashlib
from urllib.parse import quote

_LONGEST = 120
"""Characters of a file name; a file system has 255 bytes, and more is put before and behind."""


def file_name_for(name: str) -> str:
    """A file name of plain characters, another one for each name.

    >>> file_name_for("and/or"), len(file_name_for("never ending " * 50))
    ('and%2For', 120)
    """
    plain = quote(name, safe=" ", errors="surrogatepass")
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 13]}-{digest_of(name, 12)}"


def digest_of(words: str, length: int) -> str:
    """So many hexadecimal digits that tell words apart."""
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:length]
