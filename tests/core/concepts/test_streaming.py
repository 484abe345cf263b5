"""Labels of a text do not depend on the blocks in which it is labelled."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rnnviz.core.concepts import (
    CONCEPTS,
    Concept,
    Labels,
    concept_from,
    concept_named,
    label_blocks,
)
from rnnviz.core.concepts import lexing as lexing_module
from rnnviz.core.concepts.streaming import BLOCK
from rnnviz.core.sequences.text import Text

_RANDOM = random.Random(2)


def _repeated(parts: list[str]) -> str:
    return "".join(_RANDOM.choice(parts) for _ in range(60))


TEXTS = {
    "prose": _repeated(
        [
            '"One," he said (two\nthree. Four.\n\n',
            'Five "six\nseven.\n\n',
            "Eight) NINE is\nten.\n\n",
        ]
    ),
    "code": _repeated(
        [
            '#define A(x) \\\n\tif (x) { "y"\n',
            'int f(char *a)\n{\n\tif (a && (b)) {\n\t\t/* } */\n\t\tg("(");\n\t}\n}\n\n',
            "int h(int a)\n{\n\tif (a) {\n\t\tb(c;\n}\n",
        ]
    ),
    "latex": _repeated(
        ["\\begin{a}\nb $c\nd$ % $ e\n\n", "\\end{a} $f\n\n", "g \\[ h \\begin{i}\n\n"]
    ),
}
TEXTS["any"] = TEXTS["prose"]


@pytest.mark.parametrize("concept", CONCEPTS, ids=lambda concept: concept.name)
@pytest.mark.parametrize("block", [200, 700, 1 << 20])
def test_blocks_equal_the_whole(concept: Concept, block: int) -> None:
    text = TEXTS[concept.family]
    pieces = list(label_blocks(concept, Text.of(text), block))
    assert len(pieces) == 1 or block < len(text)
    starts = [start for start, _ in pieces]
    assert starts == list(np.cumsum([0, *(len(labels) for _, labels in pieces)])[:-1])
    whole = concept.label(text)
    assert len(np.unique(whole[~np.isnan(whole.astype(float))])) > 1, "the text shows nothing"
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in pieces]), whole)


CUSTOM: list[dict[str, object]] = [
    {"kind": "regular-expression", "pattern": "(?<=a)b+|^\\s+\\S|\\Aa|one.*?\\n?two|x$"},
    {"kind": "regular-expression", "pattern": "(?s)\\(.*\\)"},
    {"kind": "painted", "spans": [[40, 45], [3, 90], [5, 7], [300, 301]]},
    {"kind": "pygments", "lexer": "c", "token": "Token.Comment"},
    {"kind": "pygments", "lexer": "python", "token": "Token.Keyword"},
    {"kind": "built-in", "name": "inside-if-condition", "language": "python"},
]
PIECES = [
    "if (a) {", "if x:", "\tif a ==b and (c:=d):\n", "} else if (", "});", "}", "}\n", "{\n",
    "/* ", " */", "// a\n", "#if 0\n", "#endif\n", "#define X \\\n", "'''", '"', "'", "don't",
    "CAN'T", "ABC", "D", "e\u0301", "\u0301", "\u200d", " ", "  ", "\t", "\n", "\n\n", " \n \n",
    "\r\n", "one", "two", "ab", "a", "x", ". B", "Mr. C", '? "D', "(", ")", "\u201c", "\u201d",
    "\u201e", "\u00ab", "\u00bb", "\u300c", "\u300d", "$", "$$", "\\(", "\\)", "\\begin{equation}",
    "\\end{equation}", "\\begin{verbatim}", "\\end{verbatim}", "% b\n", "\\",
    "\u0939\u093f\u0928\u094d", "\U0001f600",
]  # fmt: skip


@pytest.mark.parametrize(
    "concept", [*CONCEPTS, *map(concept_from, CUSTOM)], ids=lambda concept: concept.name
)
@given(
    text=st.lists(st.sampled_from(PIECES), max_size=60).map("".join),
    block=st.integers(1, 40),
)
@example(text="word " * 9, block=7)
@settings(max_examples=60, deadline=None)
def test_the_size_of_blocks_makes_no_difference(concept: Concept, text: str, block: int) -> None:
    parts = [labels for _, labels in label_blocks(concept, Text.of(text), block)]
    whole = concept.label(text)
    np.testing.assert_array_equal(np.concatenate([whole[:0], *parts]), whole)


def test_a_line_longer_than_any_block_is_one_line() -> None:
    """A dump or minified code: everything on one line, and the quotations run through it."""
    text = Text.of('He said: "no (it) is." And WENT. ' * 17_000)
    assert len(text) > 2 * BLOCK
    labels = [labels for _, labels in label_blocks(concept_named("position-in-line"), text)]
    np.testing.assert_array_equal(np.concatenate(labels), np.arange(len(text), dtype=np.float32))
    for name in ("inside-quotes", "position-in-word", "upper-case-word", "inside-string"):
        labels = [part for _, part in label_blocks(concept_named(name), text)]
        assert len(labels) > 1, "in blocks"
        whole = concept_named(name).label(str(text))
        np.testing.assert_array_equal(np.concatenate(labels), whole)


def test_a_concept_that_labels_strings_alone_is_given_the_whole_text() -> None:
    def label(text: str) -> Labels:
        return np.arange(len(text), dtype=np.float32)

    [(start, labels)] = label_blocks(Concept("a", "A", "", "any", True, label), Text.of("x" * 50))
    assert (start, labels.tolist()) == (0, list(range(50)))


def test_painted_spans_count_from_the_start_of_the_text() -> None:
    concept = concept_from({"kind": "painted", "spans": [[90, 130], [250, 251]]})
    text = Text.of("word\n" * 60)
    labels = np.concatenate([labels for _, labels in label_blocks(concept, text, 100)])
    assert np.flatnonzero(labels).tolist() == [*range(90, 130), 250]


def test_depth_is_carried_over_a_cut_within_a_function() -> None:
    text = "{\n" + "a\n" * 100 + "b }\n"
    labels = [labels for _, labels in label_blocks(concept_named("brace-depth"), Text.of(text), 50)]
    assert np.concatenate(labels).tolist() == [1] * 204 + [0] * 2


def test_a_text_without_newlines_is_labelled_to_its_end() -> None:
    pieces = list(label_blocks(concept_named("inside-parentheses"), Text.of("(x" * 50), 30))
    assert sum(len(labels) for _, labels in pieces) == 100


def test_an_empty_text_has_no_blocks() -> None:
    assert list(label_blocks(CONCEPTS[0], Text.of(""))) == []


def test_concepts_of_code_share_one_lexing(monkeypatch: pytest.MonkeyPatch) -> None:
    lexed: list[str] = []
    tokens = lexing_module.tokens

    def counted(text: str, language: str):
        lexed.append(text)
        return tokens(text, language)

    monkeypatch.setattr(lexing_module, "tokens", counted)
    text = Text.of(TEXTS["code"] + "int unique_to_this_test;\n")
    concepts = [concept for concept in CONCEPTS if concept.family == "code"]
    for _ in zip(*(label_blocks(concept, text, 400) for concept in concepts), strict=True):
        pass
    assert lexed == [str(text)]
