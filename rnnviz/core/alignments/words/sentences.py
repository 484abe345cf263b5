"""How the signs and elided words of a sentence stand: apart, as in tokenised corpora, or joined.

Nothing here changes a letter: only blanks go or come, and the curved apostrophe becomes a straight
one, so that the n-th character that is no blank stays the n-th.
"""

from __future__ import annotations

import re
import unicodedata

from rnnviz.core.sequences.texts.word_tokens import word_spans

_PARTS = r"(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu)"
_ELIDED = re.compile(_PARTS + r"['’](?=\w)", re.IGNORECASE)
_MAYBE = re.compile(r" [.,;:!?…)\]»”%']|[(\[«“¿¡'’] | n['’]t\b|’", re.IGNORECASE)
"""What every sentence has that is not put together; most have none of it."""
_BEFORE = re.compile(r" (?=[.,;:!?…)\]»”%](?:[\s.,;:!?…)\]»”\"']|$))")
_AFTER = re.compile(r"(?<=[(\[«“¿¡]) ")
_CUT = re.compile(rf"(?<![^\s(«“\"\-'])({_PARTS}') (?=\w)", re.IGNORECASE)
_SHORTENED = re.compile(r" (?=(?:'(?:s|m|d|t|ll|re|ve)|n't)\b)", re.IGNORECASE)
_HIGH = re.compile(r"(?<=\S)(?<![?!;:\s«])(?=(?:[?!;:]+|»)(?:\s|$))")
_OPENED = re.compile(r"«(?=\S)")


def put_together(text: str) -> str:
    """The sentence with signs joined to their words, as most people write; apostrophes straight.

    >>> put_together("Il n' est pas là , dit - on .")
    "Il n'est pas là, dit - on."
    >>> put_together("¿ Qué ? ( I do n't know . )")
    "¿Qué? (I don't know.)"
    """
    if not _MAYBE.search(text):
        return text
    text = _BEFORE.sub("", text.replace("’", "'"))
    text = _SHORTENED.sub("", _AFTER.sub("", text))
    while (joined := _CUT.sub(r"\1", text)) != text:
        text = joined
    return text


def set_high_signs_apart(text: str) -> str:
    """The sentence with a blank before ? ! ; : » and after «, as French writes.

    >>> set_high_signs_apart("Où est-il? À 10:30!")
    'Où est-il ? À 10:30 !'
    """
    return _OPENED.sub("« ", _HIGH.sub(" ", text))


def writes_high_signs_apart(sentences: list[str]) -> bool:
    """Whether most of the question and exclamation marks here have a blank before them.

    >>> writes_high_signs_apart(["Ça va ?", "Oui !"]), writes_high_signs_apart(["Really?"])
    (True, False)
    """
    high = [line for line in sentences if line.rstrip().endswith(("?", "!"))]
    apart = sum(len(line.rstrip()) > 1 and line.rstrip()[-2].isspace() for line in high)
    return 2 * apart > len(high)


def words_to_align(text: str) -> list[str]:
    """The words and signs of a sentence in lower case; what French elides is a word of its own.

    Joined, the words are the sentence without its blanks.

    >>> words_to_align("J'ai vu l'homme, aujourd'hui.")
    ["j'", 'ai', 'vu', "l'", 'homme', ',', "aujourd'hui", '.']
    """
    found: list[str] = []
    joined = unicodedata.normalize("NFC", put_together(text))
    for start, stop in word_spans(joined, hyphenated=True).tolist():
        rest = joined[start:stop].lower()
        while elided := _ELIDED.match(rest):
            found.append(elided[0])
            rest = rest[elided.end() :]
        found.append(rest)
    return found
