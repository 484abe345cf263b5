r"""Concepts that a person makes, each from a small specification that is plain JSON.

    {"kind": "regular-expression", "pattern": "[0-9]+"}
    {"kind": "painted", "spans": [[120, 180], [400, 410]]}
    {"kind": "pygments", "lexer": "c", "token": "Token.Keyword"}
    {"kind": "expression", "expression": "x > 0.5 and y < 0"}
    {"kind": "built-in", "name": "inside-quotes"}

The first four may also have a `name`, a `title` and an `about`. Nothing in a specification is ever
executed.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np

from rnnviz.core.concepts.base import Concept, Labels
from rnnviz.core.concepts.code import in_language
from rnnviz.core.concepts.expressions import Formula, in_accents
from rnnviz.core.concepts.lexing import check_language, token_type, tokens
from rnnviz.core.concepts.matching import compile_pattern, matches
from rnnviz.core.concepts.windows import labelled, painted, whole
from rnnviz.core.errors import ConceptError
from rnnviz.core.files.names import digest_of
from rnnviz.core.files.reading import DamagedFileError, read_json
from rnnviz.core.files.writing import write_atomically
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.core.sequences.text import Text
from rnnviz.core.system.ready_types import ready

FORMAT_VERSION = 1

_LONGEST_KEY = 60
_LARGEST_FILE = 64 * 1024 * 1024

Position = Annotated[int, msgspec.Meta(ge=0, lt=1 << 62)]


class _Specification(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    tag_field="kind",
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    version: int = FORMAT_VERSION

    @abstractmethod
    def concept(self) -> Concept:
        """The concept; raises ConceptError where the fields make no sense."""


class BuiltIn(_Specification, frozen=True, kw_only=True, tag="built-in"):
    """One of `CONCEPTS`, read in a language (a Pygments name) if it is one of code."""

    name: str
    language: str | None = None

    def concept(self) -> Concept:
        """The concept; raises ConceptError for an unknown name or language."""
        from rnnviz.core.concepts import concept_named  # the tuple lists what this file offers

        concept = concept_named(self.name)
        if self.language is None:
            return concept
        check_language(self.language)
        return in_language(concept, self.language)


class _Custom(_Specification, frozen=True, kw_only=True):
    name: str = ""
    title: str = ""
    about: str = ""

    def _concept(
        self,
        title: str,
        about: str,
        family: str = "any",
        steps: Callable[[Numbers], Labels] | None = None,
    ) -> Concept:
        title = self.title or title
        try:
            spec = msgspec.json.decode(msgspec.json.encode(self))
        except UnicodeEncodeError as error:
            raise ConceptError(
                "half of a character stands in this concept's words, which no file can hold"
            ) from error
        return Concept(
            name=self.name or _name_of(title),
            title=title,
            about=self.about or about,
            family=family,
            scalar=False,
            label=labelled(self.blocks, np.bool_),
            blocks=self.blocks,
            steps=steps,
            spec=spec,
        )

    @abstractmethod
    def blocks(self, text: Text, start: int, stop: int, size: int) -> Iterator[Labels]:
        """One label a character, in pieces, (T,) bool."""


def _name_of(title: str) -> str:
    """The key of a title: its words with hyphens; where that loses something, with a digest.

    Of capitals only one that begins the title may be lost: `Matches The` is not `Matches the`.

    So concepts of different titles never take each other's place, in whatever script they are.
    """
    words = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
    plain = words.replace("-", " ")
    if len(title) <= _LONGEST_KEY and title[:1].lower() + title[1:] == plain and title.isascii():
        return words
    return f"{words[:_LONGEST_KEY].strip('-') or 'concept'}-{digest_of(title, 8)}"


class RegularExpression(_Custom, frozen=True, kw_only=True, tag="regular-expression"):
    """Every character that the pattern matches; `matching` says how it is searched."""

    pattern: str
    ignore_case: bool = False

    def concept(self) -> Concept:
        """The concept; raises ConceptError if the pattern does not compile."""
        compile_pattern(self.pattern, ignore_case=self.ignore_case)
        return self._concept(
            f"Matches {self.pattern}",
            f"What the regular expression {self.pattern} matches within a paragraph.",
        )

    def blocks(self, text: Text, start: int, stop: int, size: int) -> Iterator[Labels]:
        """One label a character, (T,) bool; raises ConceptError if the search takes too long."""
        compiled = compile_pattern(self.pattern, ignore_case=self.ignore_case)
        found = matches(compiled, whole(text, start, stop).text, size)
        yield from painted(found, stop - start, size)


class Painted(_Custom, frozen=True, kw_only=True, tag="painted"):
    """The characters from start up to stop of each span, counted from the text's first.

    Of numbers, the rows.
    """

    spans: tuple[tuple[Position, Position], ...]

    def concept(self) -> Concept:
        """The concept; raises ConceptError for an empty or reversed span."""
        for start, stop in self.spans:
            if start >= stop:
                raise ConceptError(f"the span from {start} to {stop} is empty; start comes first")
        about = f"{len(self.spans)} spans painted by hand."
        return self._concept("Painted", about, steps=self._rows)

    def _rows(self, numbers: Numbers) -> Labels:
        found = np.zeros(len(numbers), np.bool_)
        for start, stop in self.spans:
            found[start:stop] = True
        return found

    def blocks(self, text: Text, start: int, stop: int, size: int) -> Iterator[Labels]:
        """One label a character, (T,) bool; the spans count from the first of the text."""
        spans = ((first - start, last - start) for first, last in sorted(self.spans))
        yield from painted(spans, stop - start, size)


class PygmentsToken(_Custom, frozen=True, kw_only=True, tag="pygments"):
    """Every character of a token of this type, or of a type below it."""

    lexer: str
    token: str

    def concept(self) -> Concept:
        """The concept; raises ConceptError if Pygments has no such lexer or token type."""
        check_language(self.lexer)
        kind = token_type(self.token)
        return self._concept(
            f"{kind} in {self.lexer}",
            f"Tokens that Pygments' {self.lexer} lexer calls {kind}.",
            family="code",
        )

    def blocks(self, text: Text, start: int, stop: int, size: int) -> Iterator[Labels]:
        """One label a character, (T,) bool."""
        wanted = token_type(self.token)
        found = tokens(whole(text, start, stop).text, self.lexer)
        spans = ((first, first + len(value)) for first, kind, value in found if kind in wanted)
        yield from painted(spans, stop - start, size)


class Expression(_Specification, frozen=True, kw_only=True, tag="expression"):
    """What an expression says of each row of numbers, such as `x > 0.5`; see `Formula`.

    A comparison is yes or no, anything else a number. What was to come out may be named, too.
    """

    expression: str
    name: str = ""
    title: str = ""
    about: str = ""

    @classmethod
    def of_column(cls, column: str) -> Expression:
        """The values of a column."""
        return cls(expression=in_accents(column), title=column, about=f"The column {column}.")

    def concept(self) -> Concept:
        """The concept; raises ConceptError if it is no expression."""
        formula = Formula(self.expression)
        title = self.title or self.expression

        def label(text: str) -> Labels:
            raise ConceptError(f"{title} labels rows of numbers, and this is a text")

        def steps(numbers: Numbers) -> Labels:
            found = formula.of(numbers.named)
            return found.astype(np.float32) if formula.scalar else found.astype(np.bool_)

        return Concept(
            name=self.name or _name_of(title),
            title=title,
            about=self.about or f"{self.expression}, at each row of numbers.",
            family="numbers",
            scalar=formula.scalar,
            label=label,
            steps=steps,
            spec=msgspec.json.decode(msgspec.json.encode(self)),
        )


Spec = RegularExpression | Painted | PygmentsToken | Expression | BuiltIn


def concept_from(spec: Spec | Mapping[str, object]) -> Concept:
    """The concept that a specification describes, also one that is plain JSON.

    Raises:
        ConceptError: the specification is malformed, and which part of it.
    """
    try:
        parsed: Spec = msgspec.convert(spec, type=ready(Spec))
    except (msgspec.ValidationError, RecursionError) as error:
        raise ConceptError(f"this specification is no concept: {error}") from error
    return _checked(parsed)


def spec_of(concept: Concept) -> Spec:
    """The specification from which `concept_from` makes this concept again."""
    if not concept.spec:
        return BuiltIn(name=concept.name)
    made: Spec = msgspec.convert(concept.spec, type=ready(Spec))
    return made


def load_concept_file(path: Path) -> Concept:
    """The concept in a JSON file that `save_concept_file` or a person wrote.

    Raises:
        ConceptError: unreadable, not JSON, or no concept.
    """
    try:
        parsed: Spec = msgspec.convert(read_json(path, limit=_LARGEST_FILE), ready(Spec))
    except OSError as error:
        raise ConceptError(f"cannot read {path}: {error.strerror}") from error
    except (DamagedFileError, msgspec.ValidationError) as error:
        raise ConceptError(f"{path.name} holds no concept: {error}") from error
    return _checked(parsed)


def save_concept_file(concept: Concept, path: Path) -> None:
    """Writes the concept's specification as JSON, for `load_concept_file`.

    Raises:
        ConceptError: the file cannot be written.
    """
    content = msgspec.json.format(msgspec.json.encode(spec_of(concept)), indent=2)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, content + b"\n", wait=False)
    except OSError as error:
        raise ConceptError(f"cannot write {path}: {error.strerror}") from error


def _checked(spec: Spec) -> Concept:
    if spec.version > FORMAT_VERSION:
        raise ConceptError(
            f"this concept has format version {spec.version}, newer than the {FORMAT_VERSION} "
            "known here; update rnnviz"
        )
    return spec.concept()
