"""Translation models: an encoder that reads a sentence, a decoder that writes another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rnnviz.core.kinds.kind import ModelKind, stack_in_words
from rnnviz.core.models.translation import TRANSLATION, TranslationDescription


def _of_a_language_first(about: TranslationDescription) -> tuple[object, ...]:
    return not about.source_language, about.attention == "none"


def _lines(about: Mapping[str, Any]) -> list[tuple[str, str]]:
    attention = {
        "none": "none: the context is the last encoder state",
        "position": "by position, as in the older form of PyTorch's tutorial",
    }.get(about["attention"], f"{about['attention']}, {about['order']} the decoder's step")
    direction = "both directions" if about["bidirectional"] else "one direction"
    sides = [
        f"{about[side]['size']:,} {about[side]['kind']} {about[f'{side}_language']}".rstrip()
        for side in ("source", "target")
    ]
    lines = [
        ("network", f"{stack_in_words(about)}, encoder in {direction}"),
        ("attention", attention),
        ("reads", sides[0]),
        ("writes", sides[1]),
    ]
    training = about["training"]
    if "bleu_beam_5" in training:
        bleu = f"{training['bleu_beam_1']} greedy, {training['bleu_beam_5']} beam 5"
        lines.append(("BLEU", bleu))
    return lines


TRANSLATOR = ModelKind(
    key="translator",
    title="translation model",
    description=TranslationDescription,
    tasks=(TRANSLATION,),
    workspace="alignments",
    training_task="translation",
    reads="sentences",
    samples="examples",
    jobs=(
        "translate",
        "measure_effects",
        "translate_corpus",
        "align_corpus",
        "nearest_words",
        "index_states",
        "walk_translation",
    ),
    use="which reads sentences: it opens in the window's Alignments, with `rnnviz translate` and "
    "`rnnviz align`",
    lines=_lines,
    unit="token",
    first=_of_a_language_first,
)
