"""Texts with a label each, from files as people have them: columns, folders, fastText lines."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from rnnviz.core.errors import TextError
from rnnviz.core.sequences.files.comma_separated import Rows, rows_of_csv
from rnnviz.core.sequences.files.held_out import parted
from rnnviz.core.sequences.texts.lines import read_lines

LABEL_NAMES = ("label", "labels", "sentiment", "class", "category", "target", "polarity", "y")
TEXT_NAMES = ("text", "review", "sentence", "document", "comment", "content", "phrase", "tweet")
"""What a header row calls its columns, most usual first; in lower case."""
_CSV = (".csv", ".csv.gz", ".csv.xz")
_FASTTEXT = "__label__"
_LONGEST_LABEL = 100
_FEW = 20
"""So many labels are never too many, however few texts there are."""


class LabelledText(NamedTuple):
    """A document and what it is said to be."""

    label: str
    text: str


class Columns(NamedTuple):
    """Which columns are meant: names of a header row, or numbers from 1; empty where not said."""

    label: str = ""
    text: str = ""


NAMED = Columns()
"""As the header row names them, or as they look."""


def read_labelled(
    paths: Sequence[Path],
    columns: Columns = NAMED,
    told: Callable[[str], None] = lambda said: None,
) -> list[LabelledText]:
    """All documents of these files and folders, also those without a letter.

    Args:
        paths: tables of two or more columns (TSV, CSV; also `.gz` and `.xz`), with a header row or
            none; files of fastText's lines; folders whose folders are labels and hold `.txt` files.
        told: how a file was read, where that is unusual.

    Raises:
        TextError: saying what was found, and in which line.
    """
    found = [
        document
        for path in paths
        for document in (_folder(path, told) if path.is_dir() else _file(path, columns, told))
    ]
    names = ", ".join(path.name for path in paths)
    written = [document for document in found if document.text.strip()]
    if not written:
        empty = f"; all {len(found):,} texts in it are empty" if found else ""
        raise TextError(f"{names} holds no text with a label{empty}; choose other files")
    check_labels(written, names)
    return found


def check_labels(documents: Sequence[LabelledText], names: str) -> None:
    """Refuse labels that cannot be learned.

    Raises:
        TextError: one label alone, one that occurs once, or almost as many labels as texts.
    """
    counts = Counter(document.label for document in documents)
    if len(counts) == 1:
        raise TextError(
            f"all {len(documents):,} texts of {names} have the label {next(iter(counts))!r}; at "
            "least two labels are needed"
        )
    if len(counts) > _FEW and 3 * len(counts) > len(documents):
        some = ", ".join(repr(label[:30]) for label, _ in counts.most_common(3))
        raise TextError(
            f"{names} holds {len(counts):,} labels for {len(documents):,} texts ({some}, ...); is "
            "another column the label? Say so with --option label_column=NAME"
        )
    single = sorted(label for label, count in counts.items() if count == 1)
    if single:
        shown = ", ".join(map(repr, single[:5])) + ", ..." * (len(single) > 5)
        raise TextError(
            f"in {names} one text alone has the label {shown}; a label needs two texts or more: "
            "leave it out, or call it as another"
        )


def hold_out(
    documents: Sequence[LabelledText], share: float, seed: int = 0
) -> tuple[list[LabelledText], list[LabelledText]]:
    """The documents to train on, and those held out.

    Which these are follows from their letters and the seed, not from their order, so that a text
    that occurs twice is never on both sides.

    Args:
        share: of the documents; above 1, about so many of them.
    """
    return parted(documents, lambda document: document.text, share, seed)


def _folder(path: Path, told: Callable[[str], None]) -> list[LabelledText]:
    found = []
    for folder in sorted(each for each in path.iterdir() if each.is_dir()):
        found += [
            LabelledText(folder.name, "\n".join(read_lines(file, told)))
            for file in sorted(folder.glob("*.txt"))
        ]
    if not found:
        raise TextError(
            f"the folder {path.name} has no folders with .txt files in them; each label is one "
            "folder, as in `pos/1.txt` and `neg/1.txt`"
        )
    return found


def _file(path: Path, columns: Columns, told: Callable[[str], None]) -> list[LabelledText]:
    lines = read_lines(path, told)
    first = next((line for line in lines if line.strip()), "")
    if first.startswith(_FASTTEXT):
        return _fasttext(path, lines)
    rows = _rows(path, lines, first)
    if not rows:
        return []
    width = len(rows[0][1])
    if width < 2:
        raise TextError(
            f"line 1 of {path.name} has one column: {first[:60]!r}; a label and a text with a tab "
            "or a comma between them are needed"
        )
    label, text, header = _places(path, rows, columns)
    found = []
    for number, row in rows[header:]:
        if len(row) != width:
            raise TextError(
                f"line {number:,} of {path.name} has {len(row)} columns and line {rows[0][0]:,} "
                f"has {width}; a text that holds a tab, a comma or a line end must stand in quotes"
            )
        name = row[label].strip()
        if not name or len(name) > _LONGEST_LABEL:
            said = f"of {len(name):,} characters" if name else "that is empty"
            raise TextError(
                f"line {number:,} of {path.name} has a label {said}; every text needs one"
            )
        found.append(LabelledText(name, row[text]))
    return found


def _fasttext(path: Path, lines: Sequence[str]) -> list[LabelledText]:
    found = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        label, _, text = line.partition(" ")
        if not label.startswith(_FASTTEXT):
            raise TextError(
                f"line {number:,} of {path.name} does not begin with {_FASTTEXT}, as line 1 does: "
                f"{line[:60]!r}"
            )
        found.append(LabelledText(label.removeprefix(_FASTTEXT), text))
    return found


def _rows(path: Path, lines: list[str], first: str) -> Rows:
    """The rows with the numbers of their lines.

    Tabs part columns where there are any outside quotes: then quotes are letters like others,
    unless a field is all in quotes.
    """
    if "\t" in (re.sub(r'"[^"]*"', "", first) if path.name.lower().endswith(_CSV) else first):
        split = [(number, line.split("\t")) for number, line in enumerate(lines, 1) if line.strip()]
        return [(number, [_unquoted(field) for field in row]) for number, row in split]
    delimiter = ";" if first.count(";") > first.count(",") else ","
    return rows_of_csv(lines, delimiter, path.name)


def _unquoted(field: str) -> str:
    inside = field[1:-1]
    if len(field) > 1 and field[0] == field[-1] == '"' and '"' not in inside.replace('""', ""):
        return inside.replace('""', '"')
    return field


def _places(
    path: Path, rows: Sequence[tuple[int, list[str]]], columns: Columns
) -> tuple[int, int, bool]:
    """The places of label and text, and whether the first row is a header."""
    names = [name.strip().lower() for name in rows[0][1]]
    label, text = _named(names, LABEL_NAMES), _named(names, TEXT_NAMES)
    header = label is not None and text is not None
    if columns.label or columns.text:
        said = [_column_of(path, names, told) for told in columns]
        label = said[0] if columns.label else label
        text = said[1] if columns.text else text
        header = header or any(told.lower() in names for told in columns if told)
        if len(names) == 2:
            label = 1 - text if label is None and text is not None else label
            text = 1 - label if text is None and label is not None else text
    if label is not None and text is not None:
        return label, text, header
    if len(names) > 2:
        raise TextError(
            f"{path.name} has {len(names)} columns and no header row that names them; it begins "
            f"{[name[:20] for name in names]}. Say which they are with --option label_column=1 "
            "--option text_column=2"
        )
    columns_of = [[row[place] for _, row in rows if len(row) == 2] for place in (0, 1)]
    # A text may be empty, a label never is; there are fewer labels than texts, and shorter ones.
    marks = [
        (any(not cell.strip() for cell in cells), len(set(cells)), sum(map(len, cells)))
        for cells in columns_of
    ]
    label = 1 if marks[1] < marks[0] else 0
    return label, 1 - label, _is_header([row for _, row in rows if len(row) == 2], label)


def _is_header(rows: Sequence[Sequence[str]], label: int) -> bool:
    """Whether the first of rows of two columns names these, in words that are not known here.

    Its label occurs nowhere else, while all others occur again, and its text is one word.
    """
    first, counts = rows[0], Counter(row[label].strip() for row in rows)
    alone = [name for name, count in counts.items() if count == 1]
    return (
        alone == [first[label].strip()] and len(first[1 - label].split()) == 1 and len(counts) > 2
    )


def _named(names: Sequence[str], known: Sequence[str]) -> int | None:
    return next((names.index(name) for name in known if name in names), None)


def _column_of(path: Path, names: Sequence[str], told: str) -> int:
    if not told:
        return 0
    if told.lower() in names:
        return names.index(told.lower())
    if told.isdecimal() and len(told) < 10 and 1 <= int(told) <= len(names):
        return int(told) - 1
    raise TextError(
        f"{path.name} has no column {told!r}; it has {len(names)}: "
        f"{', '.join(name[:20] for name in names)}"
    )
