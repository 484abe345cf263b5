"""Pairs of sentences from files, and holding some out."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from rnnviz.core.alignments.files.parallel_corpus import hold_out, read_pairs
from rnnviz.core.errors import TextError


def test_two_columns_and_two_files_give_the_same_pairs(tmp_path: Path) -> None:
    """Further columns are left out, `.gz` is read, and the sides can be swapped."""
    columns = tmp_path / "both.txt"
    columns.write_text("Go.\tVa !\tCC BY\r\n\nHi.\tSalut !\n", encoding="utf-8")
    first, second = tmp_path / "a.en", tmp_path / "a.fr.gz"
    first.write_text("Go.\nHi.\n")
    second.write_bytes(gzip.compress(b"Va !\nSalut !\n"))
    wanted = [("Go.", "Va !"), ("Hi.", "Salut !")]
    assert read_pairs([columns]) == wanted
    assert read_pairs([first, second]) == wanted
    assert read_pairs([columns, columns]) == wanted * 2
    assert read_pairs([columns], swap=True)[0] == ("Va !", "Go.")


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        (b"a\nb\n", b"a\n", "a.txt has 2 lines and b.txt 1"),
        (b"a\n", None, "line 1 of a.txt has no tab"),
        (b"a\tb\x00", None, "no text file"),
        (b"", None, "no pair of sentences"),
        (b"\x1f\x8bgone", None, "cannot read"),
    ],
)
def test_bad_files_are_explained(
    tmp_path: Path, first: bytes, second: bytes | None, said: str
) -> None:
    """Unequal line counts, no tab, no text."""
    paths = []
    for name, content in (("a.txt", first), ("b.txt", second)):
        if content is not None:
            paths.append(tmp_path / name)
            paths[-1].write_bytes(content)
    with pytest.raises(TextError, match=said):
        read_pairs(paths)


def test_files_in_other_encodings_are_read_and_it_is_said(tmp_path: Path) -> None:
    path = tmp_path / "old.tsv"
    path.write_bytes("a caf\u00e9\tun caf\u00e9 \u2019\n".encode("windows-1252"))
    told: list[str] = []
    assert read_pairs([path], told=told.append) == [("a caf\u00e9", "un caf\u00e9 \u2019")]
    assert set(told) == {"old.tsv was read as Windows-1252"}


def test_only_line_feeds_end_lines(tmp_path: Path) -> None:
    path = tmp_path / "web.tsv"
    path.write_text("It is\u2028late.\tNous\x85chez\x0cnous.\n", encoding="utf-8", newline="")
    assert read_pairs([path]) == [("It is\u2028late.", "Nous\x85chez\x0cnous.")]


def test_nothing_held_out_is_seen_in_training_on_either_side() -> None:
    """Sources with all their translations, and whoever shares a translation."""
    pairs = [(f"s{i // 2}", f"t{i % 37}.{i // 3}") for i in range(600)]
    kept, held = hold_out(pairs, 0.2, seed=1)
    assert 60 < len(held) < 180
    assert not {a for a, _ in kept} & {a for a, _ in held}
    assert not {b for _, b in kept} & {b for _, b in held}
    assert hold_out(pairs[::-1], 0.2, seed=1)[1] == held[::-1]
    assert hold_out(pairs, 0.2, seed=2)[1] != held
    assert len({a for a, _ in hold_out(pairs, 50.0)[1]}) == pytest.approx(50, abs=25)
