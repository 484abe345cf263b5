"""Writes the table of formats in docs/opening.md from what each importer says of itself.

    python docs/opening.py

A test compares the file with what this would write, so a format that is new is in the table.
"""

from __future__ import annotations

from pathlib import Path

from rnnviz.nets.checkpoints import IMPORTERS

PAGE = Path(__file__).parent / "opening.md"
BEGIN, END = "<!-- formats: python docs/opening.py -->", "<!-- /formats -->"


def table() -> str:
    """A line for each format, in the order in which a file is asked about."""
    rows = ["| format | what opens | what it needs | what is refused |", "|---|---|---|---|"]
    rows += [
        f"| {importer.title} | {importer.holds} | {importer.needs} | {importer.refuses} |"
        for importer in IMPORTERS
    ]
    return "\n".join(rows)


def page(now: str) -> str:
    """The page with the table of today."""
    before, _, rest = now.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
