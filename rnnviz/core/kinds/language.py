"""Language models: what comes next, from all that came before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rnnviz.core.kinds.kind import ModelKind, stack_in_words
from rnnviz.core.kinds.sequence import network_lines
from rnnviz.core.models.model_file import CHARACTER_LANGUAGE_MODEL, ModelDescription

_NAMED = {"\n": "\\n", "\t": "\\t", "\r": "\\r", " ": "space"}


def _lines(about: Mapping[str, Any]) -> list[tuple[str, str]]:
    if "network" in about:
        return network_lines(about)
    vocabulary = about["vocabulary"]
    inputs = f"{about['embedding']} numbers, learned" if about["embedding"] else "one-hot"
    return [
        ("network", stack_in_words(about)),
        ("input", inputs),
        ("skip connections", "yes" if about["skip"] else "no"),
        ("vocabulary", f"{len(vocabulary)}: {characters_in_words(vocabulary)}"),
    ]


def characters_in_words(vocabulary: Sequence[str]) -> str:
    """The vocabulary in its order; runs of three and more neighbours as their ends."""
    codes = [ord(character) for character in vocabulary]
    parts, first = [], 0
    for place in range(1, len(codes) + 1):
        if place < len(codes) and codes[place] == codes[place - 1] + 1:
            continue
        run = vocabulary[first:place]
        shown = [_shown(character) for character in run]
        parts.append(f"{shown[0]}…{shown[-1]}" if len(run) > 3 else " ".join(shown))
        first = place
    return " ".join(parts)


def _shown(character: str) -> str:
    if character in _NAMED:
        return _NAMED[character]
    return character if character.isprintable() else f"U+{ord(character):04X}"


LANGUAGE_MODEL = ModelKind(
    key="language-model",
    title="language model",
    description=ModelDescription,
    tasks=(CHARACTER_LANGUAGE_MODEL,),
    workspace="cells",
    training_task="characters",
    reads="characters",
    samples="texts",
    jobs=(
        "walk",
        "sample",
        "compute_field",
        "recurrent_matrices",
        "find_vectors",
        "clipping",
        "truncation",
        "ablate",
        "unroll_model",
    ),
    use="which continues texts: look at it with `rnnviz walk`, `rank` and `sample`",
    lines=_lines,
    unit="character",
    also_trained_by=("words",),
    predicts_next=True,
)
