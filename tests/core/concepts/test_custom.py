"""Concepts that a person makes: what they label, how they are saved, what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from rnnviz.core.concepts import (
    CONCEPTS,
    concept_from,
    concept_named,
    load_concept_file,
    save_concept_file,
    spec_of,
)
from rnnviz.core.concepts.matching import compile_pattern, matches
from rnnviz.core.errors import ConceptError
from tests.core.concepts.drawing import check

SPECS: list[dict[str, Any]] = [
    {"kind": "regular-expression", "pattern": r"\d+", "title": "Numbers"},
    {"kind": "painted", "spans": [[0, 3], [5, 6]], "name": "mine", "about": "By hand."},
    {"kind": "pygments", "lexer": "c", "token": "Token.Keyword"},
    {"kind": "built-in", "name": "inside-comment", "language": "python"},
    {"kind": "built-in", "name": "inside-quotes"},
]


def test_a_regular_expression_labels_what_it_matches() -> None:
    check(
        concept_from({"kind": "regular-expression", "pattern": "^[a-z]+|B", "ignore_case": True}),
        """
> One two
= ^^^
> 1 ab
=    ^
""",
    )


def test_no_match_crosses_a_blank_line() -> None:
    concept = concept_from({"kind": "regular-expression", "pattern": r"a[^x]*b"})
    assert concept.label("a\nb").all()
    assert not concept.label("a\n\nb").any()


def test_painted_spans_may_overlap_and_pass_the_end() -> None:
    check(
        concept_from({"kind": "painted", "spans": [[1, 3], [2, 4], [6, 99]]}),
        """
> abcdef
=  ^^^  ^
""",
    )


def test_a_token_type_covers_those_below_it() -> None:
    check(
        concept_from({"kind": "pygments", "lexer": "c", "token": "Keyword"}),
        """
> int f(void) { return 1; }
= ^^^   ^^^^    ^^^^^^
""",
    )


@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec["kind"])
def test_a_specification_comes_back_from_its_concept_and_its_file(
    spec: dict[str, Any], tmp_path: Path
) -> None:
    concept = concept_from(spec)
    assert msgspec.json.decode(msgspec.json.encode(spec_of(concept))) == spec
    path = tmp_path / "concept.json"
    save_concept_file(concept, path)
    again = load_concept_file(path)
    assert spec_of(again) == spec_of(concept)
    text = "int a1b2; // 34\n"
    assert (again.label(text) == concept.label(text)).all()


@pytest.mark.parametrize("concept", CONCEPTS, ids=lambda concept: concept.name)
def test_a_built_in_concept_is_named_by_its_specification(concept: Any) -> None:
    assert concept_from(spec_of(concept)) is concept


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ({}, "kind"),
        ({"kind": "python", "code": "1"}, "python"),
        ({"kind": "regular-expression"}, "pattern"),
        ({"kind": "regular-expression", "pattern": "("}, "no regular expression"),
        ({"kind": "regular-expression", "pattern": "a", "flags": 1}, "flags"),
        ({"kind": "painted", "spans": [[3, 3]]}, "empty"),
        ({"kind": "painted", "spans": [[-1, 3]]}, ">= 0"),
        ({"kind": "pygments", "lexer": "klingon", "token": "Keyword"}, "klingon"),
        ({"kind": "pygments", "lexer": "c", "token": "Keywrd"}, "Keyword"),
        ({"kind": "built-in", "name": "inside-quote"}, "inside-quotes"),
        ({"kind": "built-in", "name": "brace-depth", "language": "klingon"}, "klingon"),
        ({"kind": "painted", "spans": [], "version": 99}, "newer"),
    ],
)
def test_a_malformed_specification_is_refused(spec: dict[str, Any], says: str) -> None:
    with pytest.raises(ConceptError, match=says):
        concept_from(spec)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b"[" * 100_000, b"null"])
def test_a_damaged_file_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "concept.json"
    path.write_bytes(content)
    with pytest.raises(ConceptError, match=r"concept\.json"):
        load_concept_file(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConceptError, match="cannot read"):
        load_concept_file(tmp_path / "none.json")


def test_the_folder_of_a_concept_is_made_where_it_can_be(tmp_path: Path) -> None:
    concept, path = concept_named("inside-quotes"), tmp_path / "new" / "concept.json"
    save_concept_file(concept, path)
    assert load_concept_file(path).name == "inside-quotes"
    with pytest.raises(ConceptError, match="cannot write"):
        save_concept_file(concept, path / "inside" / "concept.json")


@pytest.mark.parametrize("pattern", ["(a|a)*$", "(a|aa)*(?<=b)$", "(?:a|.)*(?<=b)$"])
def test_a_pattern_that_backtracks_for_ever_is_given_up(
    pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnnviz.core.sequences.texts.pattern_search.SECONDS", 0.3)
    with pytest.raises(ConceptError, match="takes too long"):
        list(matches(compile_pattern(pattern), "xyz " * 9 + "a" * 39 + "c", 4096))


def test_a_harmless_pattern_of_repeated_choices_matches_as_usual() -> None:
    text = 'say "a \\" b" and "c"\n' * 20
    compiled = compile_pattern(r'"(?:\\.|[^"\\])*"')
    expected = [match.span() for match in compiled.finditer(text)]
    assert [tuple(span) for span in matches(compiled, text, 4096)] == expected


TITLES = ["小明的名字", "老师的名字", "اسم الولد", "Über", "Uber!", "Uber", "a " * 400, "a " * 401]
TITLES += ["Matches the", "Matches The", "con", "CON"]


def test_concepts_of_different_titles_have_different_names(tmp_path: Path) -> None:
    names = []
    for number, title in enumerate(TITLES):
        path = tmp_path / f"{number}.json"
        made = concept_from({"kind": "regular-expression", "pattern": "a", "title": title})
        save_concept_file(made, path)
        names.append(load_concept_file(path).name)
        assert names[-1] == made.name, "the same again"
    assert len(set(names)) == len(names)
    assert names[TITLES.index("Uber")] == "uber"
    patterns = [
        concept_from({"kind": "regular-expression", "pattern": p}).name for p in ("a+", "a*")
    ]
    assert patterns[0] != patterns[1]


def test_half_of_a_character_in_a_title_is_refused_in_words() -> None:
    with pytest.raises(ConceptError, match="half of a character"):
        concept_from({"kind": "regular-expression", "pattern": "a", "title": "\ud83d"})
