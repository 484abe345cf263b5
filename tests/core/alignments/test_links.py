"""Pharaoh files and the alignment error rate: by hand, and against published figures."""

import re
from pathlib import Path

import pytest

from rnnviz.core.alignments.links import (
    Agreement,
    Links,
    agreement,
    corpus_agreement,
    links_line,
    parse_links,
    read_link_file,
    read_links,
    read_pairs,
    write_links,
)
from rnnviz.core.errors import AlignmentError

_BESIDE = [Path(__file__).parents[up] / "shared" / "data" / "alignments" for up in (4, 5)]
SHARED = next((path for path in _BESIDE if path.is_dir()), _BESIDE[0])


def test_error_rate_by_hand():
    gold = Links.of({(0, 0), (1, 2)}, {(2, 2), (3, 3)})
    found = agreement({(0, 0), (2, 2), (4, 4)}, gold)
    # A = 3, S = 2, A∩S = 1, A∩P = 2: 1 - (1 + 2) / (3 + 2).
    assert found == Agreement(3, 2, 1, 2)
    assert found.precision == pytest.approx(2 / 3)
    assert found.recall == pytest.approx(1 / 2)
    assert found.error_rate == pytest.approx(2 / 5)


def test_counts_are_summed_over_sentences_not_rates():
    gold = [Links.of({(0, 0)}), Links.of({(0, 0), (1, 1), (2, 2)})]
    both = corpus_agreement([{(0, 0)}, {(0, 1)}], gold)
    assert both.error_rate == pytest.approx(1 - 2 / 6)


def test_no_links_at_all():
    assert agreement((), Links.of(())).error_rate == 0
    assert agreement({(0, 0)}, Links.of(())).error_rate == 1
    assert agreement((), Links.of({(0, 0)})).error_rate == 1


def test_sentences_must_be_as_many():
    with pytest.raises(AlignmentError, match="2 sentences have links and 1 have gold"):
        corpus_agreement([(), ()], [Links.of(())])


def test_a_line_is_read_and_written():
    links = parse_links("1-1 3p2 2-1", base=1)
    assert links == Links.of({(0, 0), (1, 0)}, {(2, 1)})
    assert links_line(links, base=1) == "1-1 2-1 3p2"


def test_other_columns_before_the_links_are_left_alone():
    assert parse_links("the cat\tle chat\t0-0 1-1") == Links.of({(0, 0), (1, 1)})


@pytest.mark.parametrize("line", ["0-", "a-b", "0–1", "1-2-3", "-1-0", "0-99999999999"])
def test_what_is_no_link_is_named(line):
    with pytest.raises(AlignmentError, match="no link"):
        parse_links(f"0-0 {line}", where="line 7")


def test_place_zero_in_a_file_that_counts_from_one_is_no_word():
    assert parse_links("0-1 1-1 2-0", base=1) == Links.of({(0, 0)})


@pytest.mark.parametrize("line", ["0-0 1-2 ||| -3.25", "a b ||| c d ||| 0-0 1-2", "x\t0-0 1-2\t-1"])
def test_further_columns_hold_no_links(line):
    assert parse_links(line) == Links.of({(0, 0), (1, 2)})


PAIRS = [
    ("Is it raining ?", "Est-ce qu' il pleut ?"),
    ("Do you see the dog ?", "Est-ce que tu vois le chien ?"),
]
FROM_ZERO = ["1-2 2-3 3-4", "1-2 2-3 3-4 4-5 5-6"]
FROM_ONE = ["2-3 3-4 4-5", "2-3 3-4 4-5 5-6 6-7"]


@pytest.mark.parametrize(
    ("lines", "base"),
    [
        (FROM_ZERO, 0),
        (FROM_ONE, 1),
        ([f"{line} 0-1" for line in FROM_ONE], 1),
        ([f"0-0 {line}" for line in FROM_ZERO], 0),
    ],
    ids=["first words unlinked", "from one", "from one with 0 for no word", "from zero"],
)
def test_the_sentences_tell_from_where_words_are_counted(tmp_path, lines, base):
    path = tmp_path / "gold.txt"
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join(lines).encode())
    read = read_link_file(path, None, PAIRS)
    assert read.base == base
    assert re.search(
        rf"gold.txt counts words from {base}: (so|otherwise) 2 of its links", read.said
    )
    assert read.lines[0].sure >= {(1, 2), (2, 3), (3, 4)}
    assert ("links to 0 stand for words that belong to no other" in read.said) == (
        base == 1 and "0-1" in lines[0]
    )
    assert read_link_file(path, 0, PAIRS).said.startswith("gold.txt counts words from 0: as was")


def test_a_link_beyond_its_sentence_is_said(tmp_path):
    (tmp_path / "gold").write_text("0-0 1-2 9-9\n0-0 1-2 2-3\n")
    said = read_link_file(tmp_path / "gold", None, PAIRS).said
    assert "the link 9-9 in line 1 lies beyond its sentence" in said


def test_a_line_separator_within_a_sentence_ends_no_line(tmp_path):
    path = tmp_path / "pairs"
    path.write_text("It is\u2028late.\tIl est tard.\nNous\x85chez ||| nous.\n", encoding="utf-8")
    assert read_pairs(path) == (("It is\u2028late.", "Il est tard."), ("Nous\x85chez", "nous."))


@pytest.mark.parametrize("base", [0, 1])
def test_a_file_comes_back(tmp_path, base):
    lines = [Links.of({(0, 0), (1, 2)}, {(2, 2)}), Links.of(()), Links.of({(3, 0)})]
    write_links(tmp_path / "links", lines, base)
    assert list(read_links(tmp_path / "links")) == lines


def test_a_file_that_is_no_text(tmp_path):
    (tmp_path / "links").write_bytes(b"0-0\x00")
    with pytest.raises(AlignmentError, match="no text"):
        read_links(tmp_path / "links")


def test_sentence_pairs(tmp_path):
    (tmp_path / "pairs").write_text("the cat ||| le chat\na\tb\tmore\n")
    assert read_pairs(tmp_path / "pairs") == (("the cat", "le chat"), ("a", "b"))
    (tmp_path / "pairs").write_text("the cat\n")
    with pytest.raises(AlignmentError, match="line 1 of pairs is no sentence pair"):
        read_pairs(tmp_path / "pairs")


def test_swapping_twice_changes_nothing():
    links = Links.of({(0, 3)}, {(2, 1)})
    assert links.swapped() == Links.of({(3, 0)}, {(1, 2)})
    assert links.swapped().swapped() == links


@pytest.mark.skipif(not SHARED.is_dir(), reason="the gold files do not come with the project")
@pytest.mark.parametrize(
    ("found", "gold", "published"),
    [
        ("enfr.awesome-align.out", "enfr.gold", 4.1),
        ("roen.awesome-align.out", "roen.gold", 20.7),
        ("lilt_giza/test.enfr.grow-diagonal-final.talp", "enfr.gold", 6.2),
        ("lilt_fastalign/test.enfr.grow-diagonal-final.talp", "enfr.gold", 12.1),
    ],
)
def test_published_error_rates_come_out(found, gold, published):
    links = [line.sure for line in read_links(SHARED / found)]
    rate = corpus_agreement(links, read_links(SHARED / gold)).error_rate
    assert 100 * rate == pytest.approx(published, abs=0.06)
