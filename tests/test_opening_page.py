"""The table of formats is made from what the importers say of themselves."""

from __future__ import annotations

from docs.opening import PAGE, page
from rnnviz.nets.checkpoints import IMPORTERS


def test_every_format_stands_in_the_table_as_its_importer_says_it():
    now = PAGE.read_text(encoding="utf-8")
    assert now == page(now), "run python docs/opening.py"
    assert all(f"| {importer.title} | {importer.holds} |" in now for importer in IMPORTERS)
