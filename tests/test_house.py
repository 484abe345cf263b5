"""The rules of the house that no linter knows, and a proof that the import contracts bite."""

from __future__ import annotations

import ast
import os
import re
import shutil
import string
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from rnnviz.core.architectures import ARCHITECTURES
from rnnviz.core.kinds import KINDS

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "rnnviz"
FOLDERS = ("rnnviz", "tests", "benchmarks", "docs")

FORBIDDEN_IMPORTS = {
    "floors": ("core", "import rnnviz.nets"),
    "window-without-nets": ("session", "import rnnviz.nets"),
    "views-ask-the-session": ("views", "import rnnviz.work.runner"),
    "nets-speak-messages": ("nets", "import rnnviz.work.runner"),
    "qt": ("work", "import PySide6.QtCore"),
    "pyqtgraph": ("views", "import pyqtgraph"),
    "torch": ("core", "import torch"),
    "scikit-learn": ("core", "import sklearn.linear_model"),
}
"""For each contract of pyproject.toml a floor, and a line that must not stand there."""


def parsed(*words: str, folder: Path = PACKAGE) -> Iterator[tuple[Path, ast.Module]]:
    """The files of the package as syntax trees: those that hold any of these words, or all.

    What a rule forbids cannot be said without some word; most files need not be parsed for it.
    """
    for path in sorted(folder.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if not words or any(word in source for word in words):
            yield path, ast.parse(source)


def sources() -> Iterator[Path]:
    """Every Python file of the project."""
    for folder in FOLDERS:
        yield from sorted((ROOT / folder).rglob("*.py"))


def contract_names() -> dict[str, str]:
    """The title of each import contract, by its id."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    contracts = settings["tool"]["importlinter"]["contracts"]
    return {contract["id"]: contract["name"] for contract in contracts}


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the package and of its contracts."""
    copy = tmp_path / "house"
    shutil.copytree(PACKAGE, copy / "rnnviz", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", copy)
    return copy


def lint_imports(house: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over this copy."""
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=house,
        env={**os.environ, "PYTHONPATH": str(house), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_floors_are_kept(house: Path) -> None:
    """Otherwise the next test would prove nothing."""
    result = lint_imports(house)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"Contracts: {len(contract_names())} kept, 0 broken." in result.stdout


def test_every_contract_catches_what_it_forbids(house: Path) -> None:
    names = contract_names()
    assert FORBIDDEN_IMPORTS.keys() == names.keys()
    for contract, (floor, line) in FORBIDDEN_IMPORTS.items():
        planted = house / "rnnviz" / floor / f"planted_{contract.replace('-', '_')}.py"
        planted.write_text(f'"""Planted."""\n\n{line}\n')

    result = lint_imports(house)

    assert result.returncode == 1, result.stdout + result.stderr
    report = result.stdout.partition("Broken contracts")[2]
    for contract, name in names.items():
        section = report.partition(f"\n{name}\n---")[2].partition("\n---")[0]
        assert f"planted_{contract.replace('-', '_')}" in section, f"{name} did not catch it"


@pytest.mark.parametrize("module", ["rnnviz.app", "rnnviz.views.window.window", "rnnviz.cli"])
def test_the_window_starts_without_torch(module: str) -> None:
    result = subprocess.run(
        [sys.executable, "-c", f"import sys, {module}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert result.returncode == 0, result.stderr
    loaded = result.stdout.split()
    assert module in loaded
    assert not {"torch", "sklearn", "scipy"}.intersection(loaded)


def test_session_knows_no_widgets() -> None:
    for path, tree in parsed("PySide6", folder=PACKAGE / "session"):
        for name in imported_names(tree):
            assert not name.startswith("PySide6.") or name.startswith("PySide6.QtCore"), (
                f"{path.relative_to(ROOT)} imports {name}"
            )


WORKSPACES = ("cells", "alignments", "gradients", "training", "unroll", "window")


@pytest.mark.parametrize("floor", ["session", "views"])
def test_what_workspaces_share_knows_none_of_them(floor: str) -> None:
    theirs = tuple(f"rnnviz.{floor}.{workspace}." for workspace in WORKSPACES)
    for folder in ("shared", "text", "plots", "dialogs", "kinds"):
        for path, tree in parsed("rnnviz", folder=PACKAGE / floor / folder):
            found = [name for name in imported_names(tree) if name.startswith(theirs)]
            assert not found, f"{path.relative_to(ROOT)} imports {found}"


def test_a_late_turn_of_the_loop_has_a_receiver() -> None:
    """Qt drops a turn whose receiver is gone; one without reaches a widget that was deleted."""
    for path, tree in parsed("singleShot"):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "singleShot":
                assert len(node.args) > 2, f"{path.relative_to(ROOT)}:{node.lineno}"


READ_AS_A_TYPE = {
    "msgspec.convert": 1,
    "msgspec.json.decode": 1,
    "msgspec.msgpack.decode": 1,
    "msgspec.json.Decoder": 0,
    "msgspec.msgpack.Decoder": 0,
}
"""What reads as a type, and which of its arguments that is where it has no name."""


def types_not_ready(tree: ast.AST) -> Iterator[int]:
    """The lines that read as a type, in whichever thread, that is not made ready first."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        # Under another name it would not be seen below.
        if isinstance(node, ast.ImportFrom):
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            if names & {*READ_AS_A_TYPE, "msgspec.json", "msgspec.msgpack"}:
                yield node.lineno
        elif isinstance(node, ast.Attribute) and id(node) not in called:
            yield from [node.lineno] * (ast.unparse(node) in READ_AS_A_TYPE)
        if not isinstance(node, ast.Call):
            continue
        place = READ_AS_A_TYPE.get(ast.unparse(node.func), len(node.args))
        kinds = [keyword.value for keyword in node.keywords if keyword.arg == "type"]
        kinds += node.args[place : place + 1]
        if ast.unparse(node.func) in READ_AS_A_TYPE and any(
            not (isinstance(kind, ast.Call) and ast.unparse(kind.func) == "ready") for kind in kinds
        ):
            yield node.lineno


def test_types_are_ready_before_something_is_read_as_one() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for path, tree in parsed("msgspec")
        if path.name != "ready_types.py"
        for line in types_not_ready(tree)
    ]
    assert not found, "two threads at once may crash: see core.system.ready_types"


@pytest.mark.parametrize(
    "line",
    [
        "msgspec.convert(found, Probe)",
        "msgspec.json.decode(raw, type=list[str])",
        "msgspec.msgpack.decode(raw, type=kind)",
        "msgspec.json.Decoder(Event)",
        "decode = msgspec.json.decode",
        "from msgspec import convert",
        "from msgspec.json import decode",
    ],
)
def test_reading_as_a_type_that_is_not_ready_is_seen(line: str) -> None:
    assert list(types_not_ready(ast.parse(line)))


def imported_names(tree: ast.AST) -> Iterator[str]:
    """Every module that a file imports, dotted; for `from a import b` also `a.b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


ARCHITECTURES_OWN = ("core/architectures/", "nets/architectures/")
TORCH_LAYERS = {"RNNBase", "RNN", "LSTM", "GRU", "RNNCell", "LSTMCell", "GRUCell"}
ASKING = {"get", "pop", "setdefault", "index", "count", "find", "match", "fullmatch", "search"}
ASKING |= {"startswith", "endswith", "removeprefix", "removesuffix", "eq", "ne", "contains"}
ASKING |= {"__eq__", "__ne__", "__getitem__", "__contains__"}
"""Methods and functions that compare with what they are given, or look it up."""
COLLECTIONS = {"dict", "set", "frozenset", "tuple", "list", "str"}


def asked_for_by_name(tree: ast.AST, names: set[str]) -> Iterator[tuple[int, str]]:
    """Where code asks which architecture something is: the line, and the name that it asks for.

    A name may be chosen, as a default is; it may not be compared with, matched, looked for in a
    collection, used as a key or gone through, whether it stands there or behind a constant, and no
    layer may be asked for its class.
    """
    nodes = list(ast.walk(tree))
    constants = constants_of(nodes)
    for node in nodes:
        for part in asked_of(node) if isinstance(node, ASKED) else ():
            yield from named_in(part, names, constants)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in (
            "isinstance",
            "issubclass",
        ):
            for part in ast.walk(node.args[1]):
                name = getattr(part, "attr", getattr(part, "id", ""))
                if name in TORCH_LAYERS:
                    yield node.lineno, name


def constants_of(nodes: Iterable[ast.AST]) -> dict[str, ast.expr]:
    """What the names in capitals stand for."""
    return {
        target.id: node.value
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and target.id.lstrip("_").isupper()
    }


def named_in(
    part: ast.AST | None, names: set[str], constants: dict[str, ast.expr]
) -> Iterator[tuple[int, str]]:
    """The architectures that a part of an expression names, in collections and constants, too."""
    match part:
        case ast.Constant(value=str() as said):
            if bare(said) in names or said in TORCH_LAYERS:
                yield part.lineno, said
        case ast.Name(id=name) if name in constants:
            found = named_in(constants[name], names, {})
            yield from ((part.lineno, said) for _, said in found)
        case ast.Attribute(attr=name) if name in TORCH_LAYERS:
            yield part.lineno, name
        case (
            ast.Tuple(elts=parts)
            | ast.List(elts=parts)
            | ast.Set(elts=parts)
            | ast.Dict(keys=parts)
            | ast.JoinedStr(values=parts)
        ):
            for one in parts:
                yield from named_in(one, names, constants)
        case ast.BinOp(
            left=ast.Constant(value=str() as left), right=ast.Constant(value=str() as right)
        ):
            if left + right in names:
                yield part.lineno, left + right
        case ast.Call(func=ast.Name(id=kind), args=parts) if kind in COLLECTIONS:
            for one in parts:
                yield from named_in(one, names, constants)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str() as said))):
            yield from ((part.lineno, word) for word in said.split() if bare(word) in names)


def bare(said: str) -> str:
    """What may be a name, without signs about it, as in `lstm:`; prose and paths keep theirs."""
    signs = "".join(sign for sign in string.punctuation if sign not in "._")
    return said.lower().strip(signs + string.whitespace)


ASKED = (
    ast.Compare, ast.MatchValue, ast.Dict, ast.Subscript, ast.Set, ast.List, ast.Tuple, ast.Call,
    ast.For, ast.comprehension,
)  # fmt: skip
"""What `asked_of` looks into, among half a million nodes."""


def asked_of(node: ast.AST) -> list[ast.AST | None]:
    """The parts of a node that something is compared with or looked up by."""
    match node:
        case ast.Compare():
            return [node.left, *node.comparators]
        case ast.MatchValue():
            return [node.value]
        case ast.Dict():
            return [*node.keys]
        case ast.Subscript(slice=ast.Constant()):
            return [node.slice]
        case ast.Set():
            return [node]
        case ast.List(elts=rows) | ast.Tuple(elts=rows) if len(rows) > 1:  # a table of pairs
            pairs = [row.elts for row in rows if isinstance(row, ast.Tuple | ast.List)]
            return [row[0] for row in pairs if len(row) > 1] if len(pairs) == len(rows) else []
        case ast.Call(func=ast.Name(id="getattr" | "hasattr"), args=[_, name, *_]):
            return [name]
        case ast.For() | ast.comprehension():
            return [node.iter]
        case ast.Call(func=ast.Name(id="dict" | "set" | "frozenset")):
            words = [ast.Constant(one.arg, lineno=node.lineno) for one in node.keywords]
            return [*node.args, *words]
        case ast.Call(func=ast.Attribute(value=whose, attr=method)) if method in ASKING:
            return [*node.args, *([whose] if isinstance(whose, ast.Constant) else [])]
    return []


def picked_out(tree: ast.AST) -> Iterator[str]:
    """The single architectures that a file imports, by the modules that they lie in."""
    shared = {"facts", "base", "block", "torch_layer", "torch_modules", "torch_layout"}
    shared |= {"token_shift", "fused_lstm", "mixed_lstm"}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            folder, _, module = node.module.rpartition(".")
            if folder.endswith(".architectures") and module not in shared:
                yield node.module


def test_single_architectures_are_picked_out_by_formats_alone() -> None:
    """A format knows what it holds; everybody else goes through the tables, and asks for facts."""
    formats = "nets/checkpoints/"
    picked = [
        f"{path.relative_to(ROOT)} imports {module}"
        for path, tree in parsed("architectures")
        if not path.relative_to(PACKAGE).as_posix().startswith((*ARCHITECTURES_OWN, formats))
        for module in picked_out(tree)
    ]
    assert not picked, "ask a fact of core.architectures instead"


def test_no_architecture_is_asked_for_by_name_outside_its_own_folder() -> None:
    names = {facts.name for facts in ARCHITECTURES}
    asked = [
        f"{path.relative_to(ROOT)}:{line} asks for {name!r}"
        for path, tree in parsed()
        if not path.relative_to(PACKAGE).as_posix().startswith(ARCHITECTURES_OWN)
        for line, name in asked_for_by_name(tree, names)
    ]
    assert not asked, "ask a fact of core.architectures instead"


@pytest.mark.parametrize(
    "line",
    [
        'kind == "lstm"',
        'kind in ("rnn", "lstm")',
        'kind in {"gru"}',
        'BLOCKS = {"lstm": 4}',
        'BLOCKS["gru"]',
        'BLOCKS.get("gru", 4)',
        'KINDS = frozenset({"LSTM"})',
        'match kind:\n    case "rnn":\n        pass',
        'for kind in ("rnn", "lstm"):\n    pass',
        "isinstance(module, nn.LSTM)",
        "isinstance(module, (Linear, GRU))",
        'KNOWN = ("rnn", "lstm")\nkind in KNOWN',
        '_OWN = "gru"\nkind == _OWN',
        'for kind, blocks in [("lstm", 4), ("gru", 3)]:\n    pass',
        "BLOCKS = dict(lstm=4)",
        'BLOCKS = dict([("lstm", 4)])',
        'kind in set(("lstm",))',
        'kind in "lstm gru".split()',
        'kind.startswith("lstm")',
        'kind.removeprefix("gru")',
        '"lstm".__eq__(kind)',
        'operator.eq(kind, "lstm")',
        're.fullmatch("gru", kind)',
        'kind == str("lstm")',
        'kind == "l" + "stm"',
        "type(module) is nn.LSTM",
        'kind.startswith("lstm:")',
        'f"{kind}:" == "lstm:"',
        'name == f"gru {size}"',
        'pairs = [("lstm", 4), ("gru", 3)]\nfor kind, blocks in pairs:\n    pass',
        'blocks = (("lstm", 4), ("gru", 3))',
        'isinstance(module, getattr(nn, "LSTM"))',
        'getattr(nn, "GRUCell")',
        "BLOCKS = {nn.GRU: 3}",
        'match layer:\n    case {"kind": "lstm" | "gru"}:\n        pass',
    ],
)
def test_asking_for_an_architecture_is_seen(line: str) -> None:
    names = {facts.name for facts in ARCHITECTURES}
    assert list(asked_for_by_name(ast.parse(line), names))


def kinds_asked_by_key(tree: ast.AST, keys: set[str]) -> Iterator[tuple[int, str]]:
    """Where code compares the kind of a model with a key: the line, and the key."""
    nodes = list(ast.walk(tree))
    constants = constants_of(nodes)
    for node in nodes:
        if not isinstance(node, ast.Compare):
            continue
        sides = [node.left, *node.comparators]
        if any(isinstance(one, ast.Attribute) and one.attr in ("kind", "key") for one in sides):
            for one in sides:
                yield from named_in(one, keys, constants)


def test_no_kind_of_model_is_asked_by_its_key_outside_the_tables() -> None:
    keys = {kind.key for kind in KINDS}
    asked = [
        f"{path.relative_to(ROOT)}:{line} asks for {key!r}"
        for path, tree in parsed(".kind", ".key")
        for line, key in kinds_asked_by_key(tree, keys)
    ]
    assert not asked, "ask a fact of core.kinds instead"


@pytest.mark.parametrize(
    "line",
    [
        'opened.kind == "tagger"',
        'model.kind not in ("classifier", "tagger")',
        '_EARLY = ("classifier", "tagger")\nmodel.kind in _EARLY',
        'kind.key != "language-model"',
    ],
)
def test_asking_for_a_kind_of_model_is_seen(line: str) -> None:
    assert list(kinds_asked_by_key(ast.parse(line), {kind.key for kind in KINDS}))


def test_files_are_named_for_what_they_hold() -> None:
    found = list(sources())
    assert len(found) > 20
    vague = [path.name for path in found if path.stem in {"util", "utils", "helpers", "misc"}]
    assert not vague


def test_the_page_of_the_house_names_what_is_there() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    floors = {"app", "cli", "commands", "core", "nets", "session", "views", "work"}
    named = {path for path in re.findall(r"`([\w/]+(?:\.py)?)`", page) if "/" in path}
    gone = {path for path in named if path.split("/")[0] in floors and not exists(path)}
    rows = [line.split("|")[1:-1] for line in page.splitlines() if line.startswith("|")]
    head = next(row for row in rows if row[0].strip() == "looking for")
    for row in rows[rows.index(head) + 2 :]:
        for floor, cell in zip(head[1:], row[1:], strict=True):
            folder = re.search(r"`([\w/]+)`", floor)
            assert folder is not None
            found = [f"{folder[1]}/{path}" for path in re.findall(r"`([\w/.]+)`", cell)]
            gone |= {path for path in found if not exists(path)}
    assert len(rows) > 20
    assert not gone


def exists(path: str) -> bool:
    """Whether a file or a folder of the package is there."""
    return (PACKAGE / path).exists()


def test_tests_mirror_the_tree() -> None:
    """A test file is named for a module or a folder of the package; harnesses test all of it."""
    for path in sorted((ROOT / "tests").glob("*/**/test_*.py")):
        if path.parent.name == "harness":
            continue
        folder = PACKAGE / path.parent.relative_to(ROOT / "tests")
        assert folder.is_dir(), f"{path.relative_to(ROOT)} mirrors no folder of the package"


def test_no_text_names_a_path_of_the_machine_it_was_written_on() -> None:
    # Not `rnnviz/work`, which is a folder of the package.
    place = b"/" + b"work/"
    private = re.compile(rb"(?<![\w.])" + place)
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.splitlines()
    paths = [ROOT / name for name in listed] or list(sources())
    texts = {".py", ".md", ".toml", ".txt", ".json", ".svg", ".safetensors", ""}
    naming = [
        str(path.relative_to(ROOT))
        for path in paths
        if path.suffix in texts and path.is_file()
        if place in (content := path.read_bytes()) and private.search(content)
    ]
    assert not naming
