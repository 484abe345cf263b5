"""docs/adding.md keeps its word: what it shows is added to a copy of the program, and works there.

A comment before a block of code names its file; another names the line of a table:

    <!-- file: rnnviz/core/concepts/url.py -->
    <!-- line: rnnviz/core/concepts/__init__.py CONCEPTS URL from rnnviz.core.concepts.url -->

That its architecture is trained and unrolled, too, `tests/nets/architectures/test_adding.py` says.
"""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
FILE = re.compile(r"<!-- file: (\S+) -->\n```python\n(.*?)```", re.DOTALL)
LINE = re.compile(r"<!-- line: (\S+) (\S+) (\S+) from (\S+) -->")
CHECKS = Path(__file__).parent / "adding" / "checks_of_added.py"


class Line(NamedTuple):
    """An entry of a table: the import that it needs, and itself."""

    path: str
    table: str
    entry: str
    module: str


FILES = dict(FILE.findall(PAGE))
LINES = [Line(*found) for found in LINE.findall(PAGE)]


def added(source: str, line: Line) -> str:
    """The table's file with this entry, and nothing else changed."""
    table = re.search(rf"^{line.table}\b[^=\n]*= ", source, re.MULTILINE)
    assert table, f"{line.path} has no table {line.table}"
    rest = source[table.end() :]
    if rest.startswith("("):
        close = re.search(r"\)$", rest, re.MULTILINE)
        assert close, f"{line.table} of {line.path} is no tuple that ends a line"
        at = table.end() + close.start()
        assert source[:at].endswith(",\n"), f"{line.table} of {line.path} has not a line an entry"
        source = f"{source[:at]}    {line.entry},\n{source[at:]}"
    elif rest.startswith("{"):
        at = table.end() + rest.index("\n}")
        source = f"{source[:at]}\n    {line.entry},{source[at:]}"
    else:  # a union: `A | B | C`
        end = table.end() + rest.index("\n")
        source = f"{source[:end]} | {line.entry}{source[end:]}"
    first = re.search(r"^(?:from|import) (?!__future__)", source, re.MULTILINE)
    assert first
    name = line.entry.lstrip("*").partition(".")[0]
    return f"{source[: first.start()]}from {line.module} import {name}\n{source[first.start() :]}"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the program with everything of the page in it."""
    folder = tmp_path_factory.mktemp("added")
    for name in ("rnnviz", "tests"):
        # With what is compiled already: to compile all of it again takes longer than the tests.
        ignored = shutil.ignore_patterns("images")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    for name in ("resources", "models", "docs"):
        (folder / name).symlink_to(ROOT / name)
    shutil.copy(ROOT / "pyproject.toml", folder)
    for path, code in FILES.items():
        assert not (folder / path).exists(), f"{path} of the page is there already"
        (folder / path).parent.mkdir(exist_ok=True)
        (folder / path).write_text(code, encoding="utf-8")
    for line in LINES:
        path = folder / line.path
        path.write_text(added(path.read_text(encoding="utf-8"), line), encoding="utf-8")
    shutil.copy(CHECKS, folder / "tests" / "test_added.py")
    yield folder
    shutil.rmtree(folder)


def test_the_page_shows_every_kind_of_thing() -> None:
    titles = re.findall(r"^## (.+)$", PAGE, re.MULTILINE)
    assert titles == [
        "An architecture",
        "A concept",
        "A checkpoint format",
        "A kind of model",
        "A training task",
        "A kind of sequence",
        "A job",
        "A panel",
        "A workspace",
    ]
    for title in titles:
        section = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
        assert "```python" in section, f"{title} has no example"
        assert title == "An architecture" or FILE.search(section), f"{title} is not tried here"
        assert title == "An architecture" or LINE.search(section), f"{title} adds no line"


def test_nothing_but_its_tables_changes(copy: Path) -> None:
    """What was there before differs by the import and the line of each entry, and by no more."""
    changed: dict[str, tuple[int, int]] = {}
    for path in (ROOT / "rnnviz").rglob("*.py"):
        name = str(path.relative_to(ROOT))
        before, after = (
            (folder / name).read_text(encoding="utf-8").splitlines() for folder in (ROOT, copy)
        )
        if before != after:
            differ = list(difflib.unified_diff(before, after, n=0, lineterm=""))[2:]
            signs = [line[0] for line in differ]
            changed[name] = signs.count("+"), signs.count("-")
    assert set(changed) == {line.path for line in LINES}
    unions = [line.path for line in LINES if line.table == "AnyLayout"]
    assert all(size == ((2, 1) if name in unions else (2, 0)) for name, size in changed.items())


@pytest.mark.timeout(540)
def test_what_the_page_adds_works(copy: Path) -> None:
    """The program's own suites over the tables, too, and all that is asked of every kind of layer.

    In one process: to start another takes as long as the tests.
    """
    suites = (
        "tests/test_added.py",
        "tests/test_kinds.py",
        "tests/core/architectures",
        "tests/core/training_tasks",
        "tests/core/concepts/test_conformance.py",
        "tests/nets/architectures/test_conformance.py",
    )
    layers = "not test_conformance or concepts or leaky-average"
    environment = {**os.environ, "PYTHONPATH": str(copy), "QT_QPA_PLATFORM": "offscreen"}
    options = ("-q", "-rp", "-p", "no:cacheprovider", "-k", layers)
    found = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *suites],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert found.returncode == 0, found.stdout[-6000:] + found.stderr[-2000:]
    for suite in suites:
        assert f"PASSED {suite}" in found.stdout
    assert "leaky-average]" in found.stdout.partition(f"PASSED {suites[-1]}")[2]
