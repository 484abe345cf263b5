"""The lecture's row of pictures: how what is read and what is written lie to each other in time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Structure:
    """One of the pictures: columns in time, some with an input below, some with an output above."""

    key: str
    title: str
    """For people: `many to one`."""
    about: str
    """An example or two."""
    inputs: tuple[bool, ...]
    """Whether something is read, step by step."""
    outputs: tuple[bool, ...]
    """Whether something is written, step by step."""


STRUCTURES: tuple[Structure, ...] = (
    Structure("one-to-one", "one to one", "An image and its class", (True,), (True,)),
    Structure(
        "one-to-many",
        "one to many",
        "An image and its caption",
        (True, False, False),
        (True, True, True),
    ),
    Structure(
        "many-to-one",
        "many to one",
        "A review and its sentiment; two numbers far apart and their sum",
        (True, True, True),
        (False, False, True),
    ),
    Structure(
        "many-to-many-in-step",
        "many to many in step",
        "Each character and the one after it; each word and its tag",
        (True, True, True),
        (True, True, True),
    ),
    Structure(
        "many-to-many",
        "many to many with a decoder",
        "A sentence and its translation",
        (True, True, True, False, False),
        (False, False, True, True, True),
    ),
)


def structure_named(key: str) -> Structure:
    """The structure of this key; `KeyError` where there is none."""
    return {structure.key: structure for structure in STRUCTURES}[key]
