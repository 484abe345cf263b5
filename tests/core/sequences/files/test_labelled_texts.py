"""Texts with labels, as people have them: what is read, and what is said of what cannot be."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pytest

from rnnviz.core.errors import TextError
from rnnviz.core.sequences.files.labelled_texts import (
    Columns,
    LabelledText,
    hold_out,
    read_labelled,
)


def table(folder: Path, content: str, name: str = "films.csv") -> Path:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return path


def test_a_table_with_a_header_and_more_columns_than_are_needed(tmp_path: Path) -> None:
    rows = (
        'label\trating\ttext\nneg\t3\tToo long.\npos\t9\tFine "film".\nneg\t2\tNo.\npos\t8\tYes.\n'
    )
    read = read_labelled([table(tmp_path, rows, "films.tsv")])
    assert read[:2] == [LabelledText("neg", "Too long."), LabelledText("pos", 'Fine "film".')]


def test_quotes_commas_line_ends_and_tabs_inside_csv(tmp_path: Path) -> None:
    rows = 'text,label\n"One, two\nthree",1\n"He said ""no""\tand left",0\nfour,1\nfive,0\n'
    read = read_labelled([table(tmp_path, rows)])
    assert read[0] == LabelledText("1", "One, two\nthree")
    assert read[1] == LabelledText("0", 'He said "no"\tand left')


def test_without_a_header_the_label_is_the_column_of_few_values(tmp_path: Path) -> None:
    rows = "Good\tpos\nBad\tneg\nBetter\tpos\nWorse\tneg\n"
    assert read_labelled([table(tmp_path, rows, "a.tsv")])[0] == LabelledText("pos", "Good")
    turned = "1\tGood\n0\tBad\n1\tBetter\n0\tWorse\n"
    assert read_labelled([table(tmp_path, turned, "b.tsv")])[1] == LabelledText("0", "Bad")


def test_columns_that_are_named_or_numbered(tmp_path: Path) -> None:
    rows = "id;stars;words\n7;5;Fine\n8;1;Bad\n9;5;Good\n10;1;Worse\n"
    path = table(tmp_path, rows)
    assert read_labelled([path], Columns("stars", "words"))[0] == LabelledText("5", "Fine")
    bare = table(tmp_path, "7;5;Fine\n8;1;Bad\n9;5;Good\n10;1;Worse\n", "bare.csv")
    assert read_labelled([bare], Columns("2", "3"))[0] == LabelledText("5", "Fine")
    with pytest.raises(TextError, match="has 3 columns and no header row that names them"):
        read_labelled([bare])
    with pytest.raises(TextError, match="no column 'mood'; it has 3: id, stars, words"):
        read_labelled([path], Columns("mood", "words"))


def test_folders_packed_files_and_lines_of_fasttext(tmp_path: Path) -> None:
    for label, number in (("pos", 1), ("pos", 2), ("neg", 1), ("neg", 2)):
        (tmp_path / "films" / label).mkdir(parents=True, exist_ok=True)
        (tmp_path / "films" / label / f"{number}.txt").write_text(f"{label} {number}\n")
    assert read_labelled([tmp_path / "films"])[0] == LabelledText("neg", "neg 1")
    packed = tmp_path / "films.txt.gz"
    packed.write_bytes(gzip.compress(b"__label__a One\n__label__b Two\n" * 2))
    assert read_labelled([packed])[:2] == [LabelledText("a", "One"), LabelledText("b", "Two")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("pos\tA\npos\tB\n", "all 2 texts of x.tsv have the label 'pos'"),
        ("pos\tA\npos\tB\nneg\tC\n", "one text alone has the label 'neg'"),
        ("just words\nand more\n", "has one column: 'just words'"),
        ("pos\tA\nneg\tB\tC\npos\tD\n", "line 2 of x.tsv has 3 columns and line 1 has 2"),
        ("label\ttext\n\tA\npos\tB\n", "line 2 of x.tsv has a label that is empty"),
        ("label\ttext\npos\t \n", "holds no text with a label"),
        ('a,"b\n', "is no CSV from line 1 on"),
    ],
)
def test_what_cannot_be_read_says_what_was_found(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(TextError) as refused:
        read_labelled([table(tmp_path, content, "x.tsv")])
    assert said in str(refused.value)


def test_as_many_labels_as_texts_are_another_column(tmp_path: Path) -> None:
    rows = "label\ttext\n" + "".join(f"id{n}\ttext {n}\n" for n in range(40))
    with pytest.raises(TextError, match=r"40 labels for 40 texts.*label_column"):
        read_labelled([table(tmp_path, rows, "x.tsv")])


def test_empty_documents_are_given_and_only_such_are_refused(tmp_path: Path) -> None:
    rows = "label\ttext\na\tOne\na\t\na\tTwo\nb\tThree\nb\tFour\n"
    found = read_labelled([table(tmp_path, rows, "x.tsv")])
    assert [document.text for document in found] == ["One", "", "Two", "Three", "Four"]
    with pytest.raises(TextError, match="all 2 texts in it are empty"):
        read_labelled([table(tmp_path, "a\t\nb\t \n", "y.tsv")])


def test_what_is_held_out_follows_from_the_text_alone() -> None:
    documents = [LabelledText("a" if n % 2 else "b", f"Text {n}.") for n in range(2000)]
    kept, held = hold_out(documents, 0.1)
    assert 140 < len(held) < 260
    assert len(kept) + len(held) == 2000
    turned_kept, turned_held = hold_out(documents[::-1], 0.1)
    assert set(turned_held) == set(held)
    assert set(turned_kept) == set(kept)
    doubled = [*documents, LabelledText("a", held[0].text.upper())]
    assert held[0].text.upper() in {document.text for document in hold_out(doubled, 0.1)[1]}


def test_a_header_row_in_other_words_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "stars.csv"
    rows = ['5,"he said ""fine"", and\tmore"', "1,dull", "5,good film", "1,bad film"]
    path.write_text("\n".join(["stars,opinion", *rows]) + "\n")
    found = read_labelled([path])
    assert [one.label for one in found] == ["5", "1", "5", "1"]
    assert found[0].text == 'he said "fine", and\tmore'
    path.write_text("\n".join(["7,a good film", *rows]) + "\n")
    with pytest.raises(TextError, match="one text alone has the label '7'"):
        read_labelled([path])
    path.write_text("\n".join(rows) + "\n")
    assert len(read_labelled([path])) == 4


def test_a_long_document_is_read_and_others_keep_their_limit_of_a_field(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    path = tmp_path / "long.csv"
    path.write_text(f"label,text\ngood,{'word ' * 40_000}\nbad,short\ngood,warm\nbad,cold\n")
    assert [document.label for document in read_labelled([path])] == ["good", "bad"] * 2
    assert csv.field_size_limit() == before


@pytest.mark.parametrize("told", ["\N{SUPERSCRIPT TWO}", "9" * 5000])
def test_a_column_of_odd_digits_is_no_column(told: str, tmp_path: Path) -> None:
    path = table(tmp_path, "id;stars;words\n7;5;Fine\n8;1;Bad\n9;5;Good\n10;1;Worse\n")
    with pytest.raises(TextError, match="has no column"):
        read_labelled([path], Columns(told, "words"))
