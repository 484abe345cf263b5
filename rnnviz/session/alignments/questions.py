"""What a person asked of a translation model, and what came: values that never change."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from rnnviz.core.alignments.decoded import Decoded
from rnnviz.core.alignments.words.tokens import (
    WORD_START,
    Group,
    has_pieces,
    is_mark,
    word_groups,
    word_number,
    word_of,
)
from rnnviz.core.models.translation import TranslatorTold
from rnnviz.session.shared.identities import Subject
from rnnviz.work.jobs.alignments import Search, Translate
from rnnviz.work.jobs.given import ModelGiven
from rnnviz.work.jobs.models import ModelOpened

if TYPE_CHECKING:
    from rnnviz.core.alignments.steps.attention_steps import AttentionSteps

TRANSLATOR = Subject("translator")
"""The open translation model."""
ANSWER = Subject("answer")
"""The answer on the screen."""


class Translator(msgspec.Struct, frozen=True):
    """What the window knows of a translation model that is open."""

    path: str
    description: TranslatorTold = TranslatorTold()
    kind: str = "translator"
    """The key of its kind in `core.kinds`."""
    format_title: str = ""
    parameters: int = 0
    notes: tuple[str, ...] = ()
    digest: str = ""
    """Tells this state of the file from others."""
    weights_alone: bool = False
    """Whether it is no model but weights from a file: nothing can be asked of it."""

    @classmethod
    def of(cls, opened: ModelOpened) -> Translator:
        """The model that the engine tells of."""
        return cls(
            opened.path,
            TranslatorTold.of(opened.description),
            opened.kind,
            opened.format_title,
            opened.parameters,
            opened.notes,
            opened.digest,
        )

    @property
    def given(self) -> ModelGiven:
        """What names it in a request."""
        return ModelGiven(self.path, digest=self.digest)

    @property
    def name(self) -> str:
        """What people call it."""
        return self.description.name or Path(self.path).stem

    @property
    def has_attention(self) -> bool:
        """Whether it says where it looks."""
        return self.description.attention != "none"

    @property
    def examples(self) -> tuple[str, ...]:
        """Sentences to try."""
        return self.description.examples

    @property
    def reads_letters(self) -> bool:
        """Whether it reads the letters of one word, as what turns them into sounds does."""
        return self.description.source.split == "letters"

    @property
    def languages(self) -> tuple[str, str]:
        """What it reads and what it writes; empty where unknown."""
        return self.description.source_language, self.description.target_language

    @property
    def writes_pieces(self) -> bool:
        """Whether its target tokens are pieces, of which some begin a word."""
        return self.description.target.kind == "subwords"

    @property
    def spells_words(self) -> bool:
        """Whether a target word can be of several tokens."""
        return self.description.target.kind in ("subwords", "characters")

    @property
    def by_character(self) -> bool:
        """Whether its source tokens are characters, with nothing between them."""
        return self.description.source.kind == "characters"


class Question(Struct, frozen=True):
    """A sentence, how it is searched, and what is forced upon the decoder."""

    sentence: str
    beam: int = 5
    temperature: float = 1.0
    """Of the softmax over the scores of the source positions."""
    length_penalty: float = 0.6
    coverage_penalty: float = 0.0
    forced: Mapping[int, str] = field(default_factory=dict)
    """Target tokens by step."""
    whole: frozenset[int] = frozenset()
    """Those of these steps at which the word must not go on, as "er" does in "error"."""
    weights: Mapping[tuple[int, int], float] = field(default_factory=dict)
    """Weights by (step, source place); 0 erases."""
    from_step: int = 0
    """Everything before this step stays as it was."""
    kept: tuple[str, ...] = ()
    """The tokens before that step."""
    target: str = ""
    """A translation that is given as a whole: only where the model looks is asked."""
    why: str = ""
    """What was changed, for people: `forced “chat” at 3`."""

    def with_token(
        self, step: int, token: str, before: Decoded, *, whole: bool = False
    ) -> Question:
        """The same with this token at this step, decoded again from there.

        Args:
            whole: the word ends where it ends; else a piece that begins one may go on.
        """
        goes_on = not whole and token.startswith(WORD_START)
        return replace(
            self,
            forced={**_until(self.forced, step), step: token},
            whole=frozenset({*_steps_until(self.whole, step), *([step] * whole)}),
            weights={key: value for key, value in self.weights.items() if key[0] <= step},
            from_step=step,
            kept=before.target[:step],
            target="",
            why=f"“{word_of([token])}{'…' * goes_on}” forced as "
            f"{'the beginning of ' * goes_on}word "
            f"{word_number((*before.target[:step], token), step)}",
        )

    def with_weight(self, steps: Group, places: Group, value: float, before: Decoded) -> Question:
        """The same with this weight from some steps to some places, decoded again from the first.

        Of several places each gets a part of it, as large as its part was before.
        """
        step = steps[0]
        word = word_of(before.source[slice(*places)])
        did = f"weight of “{word}” erased" if value == 0 else f"weight of “{word}” set to {value:g}"
        earlier = {key: known for key, known in self.weights.items() if key[0] <= step}
        count = places[1] - places[0]
        set_now: dict[tuple[int, int], float] = {}
        for at in range(*steps):
            parts = before.alignment.weights[at, slice(*places)].astype(float)
            whole = float(parts.sum())
            for place, part in zip(range(*places), parts.tolist(), strict=True):
                set_now[at, place] = value * (part / whole if whole > 0 else 1 / count)
        return replace(
            self,
            forced=_until(self.forced, step),
            whole=_steps_until(self.whole, step),
            weights={**earlier, **set_now},
            from_step=step,
            kept=before.target[:step],
            target="",
            why=f"{did} at word {word_number(before.target, step)}",
        )

    def unforced(self) -> Question:
        """The same with nothing forced upon the decoder."""
        return replace(self, forced={}, whole=frozenset(), weights={}, target="")

    def with_search(self, **settings: Any) -> Question:
        """The same from the first word with other settings of the search; nothing stays forced."""
        (name, value), *_ = settings.items()
        shown = f"{value:g}" if isinstance(value, float) else str(value)
        free = replace(self.unforced(), from_step=0, kept=(), **settings)
        return replace(free, why=f"{name.replace('_', ' ')} {shown}")

    def along(self, tokens: tuple[str, ...]) -> Question:
        """The same with all of these tokens forced, one by one."""
        return replace(
            self,
            beam=1,
            forced=dict(enumerate(tokens)),
            whole=frozenset(),
            from_step=0,
            kept=(),
            target="",
            why="another branch",
        )

    def asked(self, model: Translator, folder: Path) -> Translate:
        """What asks the engine; tables go into the folder."""
        weights: dict[int, dict[int, float]] = {}
        for (step, place), value in self.weights.items():
            weights.setdefault(step, {})[place] = value
        search = Search(
            beam=self.beam,
            temperature=self.temperature,
            length_penalty=self.length_penalty,
            coverage_penalty=self.coverage_penalty,
            forced={**dict(enumerate(self.kept)), **self.forced},
            whole=tuple(sorted(self.whole)),
            weights=weights,
            # The temperature holds for all words, also for those that stay.
            from_step=0,
        )
        return Translate(
            model=model.given,
            source=self.sentence,
            target=self.target or None,
            search=search,
            folder=str(folder),
        )


class Answer(Struct, frozen=True, eq=False, dict=True):
    """What a model made of a question."""

    question: Question
    decoded: Decoded
    model: Translator

    @property
    def title(self) -> str:
        """What tells it from its neighbour: what was changed, or the model."""
        return self.question.why or self.model.name

    @property
    def written(self) -> str:
        """The translation: the given one, else the model's."""
        return self.question.target or self.decoded.text

    @cached_property
    def steps(self) -> AttentionSteps:
        """What the decoder did, token for token."""
        forced = frozenset(self.question.weights)
        # Here, since the window starts without it.
        from rnnviz.core.alignments.steps.attention_steps import kind_of_attention, steps_of

        kind = kind_of_attention(self.model.description, self.question.temperature)
        return steps_of(self.decoded, kind, forced)

    def rows_written(self, step: int, *, words: bool) -> int:
        """Of the rows on the screen, how many have begun after so many tokens."""
        if step <= 0:
            return 0
        rows, _ = self.groups(words=words)
        return sum(start < step for start, _ in rows)

    @property
    def has_pieces(self) -> bool:
        """Whether its tokens are pieces of words."""
        return has_pieces(self.decoded.source) or has_pieces(self.decoded.target)

    def pieces_at(self, row: int, column: int, *, words: bool) -> tuple[Group, Group] | None:
        """The steps and the source places of a cell, where `words` may be joined; None outside."""
        rows, columns = self.groups(words=words)
        if row >= len(rows) or column >= len(columns):
            return None
        return rows[row], columns[column]

    def groups(self, *, words: bool) -> tuple[tuple[Group, ...], tuple[Group, ...]]:
        """Which target and which source tokens are one row and one column on the screen."""
        target, source = self.decoded.target, self.decoded.source
        if words and self.has_pieces:
            return word_groups(target), word_groups(source)
        single = (tuple((n, n + 1) for n in range(len(side))) for side in (target, source))
        return next(single), next(single)

    def reaches(self, row: int | None, column: int | None) -> bool:
        """Whether a place that was pinned before a change is still there after it."""
        rows, columns = len(self.decoded.target), len(self.decoded.source)
        return bool(self.question.why) and (row or 0) < rows and (column or 0) < columns


def replaced(tokens: tuple[str, ...], place: int, word: str, *, by_character: bool) -> str:
    """The sentence of these source tokens with another word at a place; none leaves it out.

    >>> replaced(("▁le", "▁ch", "at", "</s>"), 2, "chien", by_character=False)
    'le chien'
    """
    groups = word_groups(tokens)
    words = []
    for start, stop in groups:
        here = word if start <= place < stop else word_of(tokens[start:stop])
        if here and not is_mark(tokens[start]):
            words.append(here)
    return ("" if by_character else " ").join(words)


def _steps_until(steps: frozenset[int], step: int) -> frozenset[int]:
    return frozenset(at for at in steps if at < step)


def _until(forced: Mapping[int, str], step: int) -> dict[int, str]:
    return {at: token for at, token in forced.items() if at < step}
