"""Whose answer is it? What the window looks at, by digest, and the answers that belong to it.

A *subject* is something the person looks at: the model, the text, the gold links, a run. Whoever
owns it says what it is now. Everything that was asked about it belongs to that identity: when it
becomes another, jobs are cancelled together (`session.shared.jobs`), and answers that were kept
are gone, without anybody having to remember which they were.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, NewType, TypeVar

from rnnviz.core.system.identity import digest

Subject = NewType("Subject", str)
"""A name such as `model`; whoever owns the thing makes one and says what it is now."""
Stamp = tuple[tuple[Subject, int], ...]
"""What some subjects were at one moment: how often each had become another by then."""

K = TypeVar("K")
V = TypeVar("V")


class Identities:
    """What every subject is now."""

    def __init__(self) -> None:
        self._now: dict[Subject, tuple[str, int]] = {}
        self.changes = 0
        """How often any subject became another."""

    def set(self, subject: Subject, *facts: object) -> bool:
        """Say what a subject is now, by anything whose `repr` tells it from others.

        Returns:
            Whether it is another one than before.
        """
        known, number = self._now.get(subject, ("", 0))
        now = digest(*facts)
        if now == known:
            return False
        # Counted: what was dropped with the first stays dropped when it comes back.
        self._now[subject] = now, number + 1
        self.changes += 1
        return True

    def stamp(self, subjects: Iterable[Subject]) -> Stamp:
        """What these subjects are now."""
        return tuple((subject, self._number(subject)) for subject in subjects)

    def holds(self, stamp: Stamp) -> bool:
        """Whether everything is still what it was at that moment."""
        return all(self._number(subject) == number for subject, number in stamp)

    def _number(self, subject: Subject) -> int:
        return self._now.get(subject, ("", 0))[1]


class Answers(Generic[K, V]):
    """Answers by their question, for as long as what they are about stays what it is."""

    def __init__(self, identities: Identities, subjects: Iterable[Subject]) -> None:
        self._identities = identities
        self._subjects = tuple(subjects)
        self._stamp: Stamp = ()
        self._changes = -1
        self._known: dict[K, V] = {}

    def get(self, question: K) -> V | None:
        """The answer, if it is known and belongs to what is looked at now."""
        return self._current().get(question)

    def put(self, question: K, answer: V) -> None:
        """Keep an answer that has just come."""
        self._current()[question] = answer

    def drop(self, question: K) -> None:
        """Forget an answer that is no longer wanted."""
        self._current().pop(question, None)

    def __contains__(self, question: object) -> bool:
        return question in self._current()

    def __len__(self) -> int:
        return len(self._current())

    def _current(self) -> dict[K, V]:
        if self._changes != self._identities.changes:
            self._changes = self._identities.changes
            now = self._identities.stamp(self._subjects)
            if now != self._stamp:
                self._stamp, self._known = now, {}
        return self._known
