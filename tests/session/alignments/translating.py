"""An engine that translates without a network: word by word from a list, with soft weights."""

from __future__ import annotations

import math
import zlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from rnnviz.core.alignments.decoded import BeamNode, Decoded, Likely
from rnnviz.core.alignments.state_index import IndexedPair, unit_rows, write_index
from rnnviz.core.alignments.words.tokens import sentence_of
from rnnviz.work.jobs.alignments import (
    AlignCorpus,
    CorpusAligned,
    CorpusRow,
    CorpusTranslated,
    EffectsMeasured,
    IndexStates,
    MeasureEffects,
    Near,
    NearestWords,
    Search,
    StatesIndexed,
    TokensSoFar,
    Translate,
    TranslateCorpus,
    Translated,
    WordsNear,
)
from rnnviz.work.jobs.models import ModelOpened, OpenModel
from rnnviz.work.messages import Context, Task

WORDS = {
    "le": "the", "la": "the", "chat": "cat", "chien": "dog", "gris": "grey", "dort": "sleeps",
    "zone": "area", "économique": "economic", "européenne": "european", "sur": "on", "petit":
    "small", "table": "table", "est": "is", ".": ".",
}  # fmt: skip
UNITS = 6


def description(*, attention: str = "additive", name: str = "French to English") -> dict[str, Any]:
    """What the engine says of the model."""
    return {
        "task": "translation",
        "name": name,
        "attention": attention,
        "source_language": "French",
        "target_language": "English",
        "examples": ["le chat gris dort sur la table ."],
        "source": {"kind": "words"},
    }


def opened(path: str = "fr-en.safetensors", **changes: Any) -> ModelOpened:
    """What the engine's task `open_model` answers."""
    return ModelOpened(
        path=path,
        kind="translator",
        description=description(**changes),
        format_title="rnnviz model",
        parameters=1000,
    )


def open_model(request: OpenModel, context: Context[None]) -> ModelOpened:
    """Open any path as a translation model."""
    return opened(request.model.path)


def translate(request: Translate, context: Context[TokensSoFar]) -> Translated:
    """One target word for each source word, in order; what is forced is obeyed."""
    source = [*request.source.split(), "</s>"]
    forced = request.search.forced
    target, tokens = [], [*(WORDS.get(word, word) for word in source[:-1]), "</s>"]
    for step, token in enumerate(tokens):
        target.append(forced.get(step, token))
        context.progress(step + 1, len(tokens), TokensSoFar(tuple(target)))
        if target[-1] == "</s>":
            break
    folder = Path(request.folder)
    folder.mkdir(parents=True, exist_ok=True)
    files = _tables(source, target, request.search, folder)
    if "without" in request.model.path:
        del files["weights"], files["energies"]
    decoded = Decoded(
        source=tuple(source),
        target=tuple(target),
        log_p=tuple(-0.1 - 0.05 * (step % 4) for step in range(len(target))),
        likely=tuple(
            (Likely(token, 0.8), Likely("dog", 0.1), Likely("the", 0.05)) for token in target
        ),
        files=files,
        tree=_tree(target, request.search.beam),
        text=sentence_of(target),
    )
    return Translated(decoded=decoded)


def _tables(source: list[str], target: list[str], search: Search, folder: Path) -> dict[str, str]:
    random = np.random.default_rng(len(source))
    rows, columns = len(target), len(source)
    distance = np.abs(np.arange(rows)[:, None] - np.arange(columns)[None, :])
    energies = 3.0 - 2.0 * distance + random.normal(0, 0.3, (rows, columns))
    scaled = np.exp(energies / search.temperature)
    weights = scaled / scaled.sum(axis=1, keepdims=True)
    for step, given in search.weights.items():
        for place, value in given.items():
            row = weights[step]
            rest = row.sum() - row[place]
            row *= (1 - value) / max(rest, 1e-9)
            row[place] = value
    tables = {
        "weights": weights,
        "energies": energies,
        "context": random.normal(0, 1, (rows, UNITS)),
        "encoder": random.normal(0, 1, (columns, UNITS)),
        "decoder": np.tanh(random.normal(0, 1, (rows, UNITS))),
    }
    for name, table in tables.items():
        np.save(folder / f"{name}.npy", table.astype(np.float32))
    return {name: str(folder / f"{name}.npy") for name in tables}


def _tree(target: list[str], beam: int) -> tuple[BeamNode, ...]:
    """The translation, and at every step `beam - 1` words that were not followed far."""
    nodes: list[BeamNode] = []
    parent = -1
    for step, token in enumerate(target):
        here = len(nodes)
        nodes.append(BeamNode(here, parent, token, -0.15 * (step + 1), True))
        for other in range(beam - 1 if beam > 1 else 0):
            score = -0.15 * (step + 1) - 1.0 - other
            kept = other < 1
            nodes.append(BeamNode(len(nodes), parent, f"other{other}", score, kept))
        parent = here
    return tuple(nodes)


def translate_corpus(request: TranslateCorpus, context: Context[None]) -> CorpusTranslated:
    """Every line of a file, surer the longer it is."""
    lines = Path(request.path).read_text(encoding="utf-8").splitlines()
    rows = [
        CorpusRow(
            line,
            " ".join(WORDS.get(word, word) for word in line.split()),
            1 - math.exp(-len(line.split())),
            0.9,
            1.0,
        )
        for line in lines
    ]
    path = Path(request.folder) / "rows.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.encode(rows))
    return CorpusTranslated(str(path), len(rows))


def nearest_words(request: NearestWords, context: Context[None]) -> WordsNear:
    """The words of the list, each a little farther than the last."""
    words = WORDS if request.side == "source" else dict.fromkeys(WORDS.values())
    near = tuple(Near(word, 1 - 0.05 * at) for at, word in enumerate(words))
    return WordsNear(request.word, near[:10])


def index_states(request: IndexStates, context: Context[None]) -> StatesIndexed:
    """The pairs of the file; the same word is in the same state everywhere."""
    pairs, rows = [], dict[str, list[list[float]]](encoder=[], decoder=[])
    for line in Path(request.pairs[0]).read_text(encoding="utf-8").splitlines():
        texts = line.split("\t")[:: -1 if request.swap else 1]
        sides = [(*text.split(), "</s>") for text in texts]
        for side, tokens in zip(rows, sides, strict=True):
            rows[side] += [state_of(token) for token in tokens]
        pairs.append(IndexedPair(sides[0], sides[1], texts[0], texts[1]))
    made = {side: unit_rows(np.array(found, np.float32)) for side, found in rows.items()}
    write_index(Path(request.folder), pairs, made)
    return StatesIndexed(request.folder, len(pairs), len(pairs))


def state_of(token: str) -> list[float]:
    """A state for a word."""
    found: list[float] = (
        np.random.default_rng(zlib.crc32(token.encode())).normal(size=UNITS).tolist()
    )
    return found


def align_corpus(request: AlignCorpus, context: Context[None]) -> CorpusAligned:
    """The first source word to the first target word, in every line."""
    lines = Path(request.pairs[0]).read_text(encoding="utf-8").splitlines()
    path = Path(request.folder) / "links.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("0-0\n" * len(lines), encoding="utf-8")
    beside = path.with_name("aligner.txt")
    beside.write_text("0-0\n" * len(lines), encoding="utf-8")
    return CorpusAligned(str(path), len(lines), 1.0, str(beside))


def measure_effects(request: MeasureEffects, context: Context[None]) -> EffectsMeasured:
    """Every source word does as much as its place says, to every target word alike."""
    source = [*request.source.split(), "</s>"]
    folder = Path(request.folder)
    folder.mkdir(parents=True, exist_ok=True)
    table = np.tile(np.linspace(0.5, -0.4, len(source)), (len(source), 1)).astype(np.float32)
    files = {}
    for name in ("erased", "gradient", "left_out"):
        for ending in ("", "-words"):
            np.save(folder / f"{name}{ending}.npy", table)
            files[f"{name}{ending}"] = str(folder / f"{name}{ending}.npy")
    return EffectsMeasured(files)


TASKS: dict[str, Task] = {
    "open_model": open_model,
    "translate": translate,
    "translate_corpus": translate_corpus,
    "nearest_words": nearest_words,
    "align_corpus": align_corpus,
    "index_states": index_states,
    "measure_effects": measure_effects,
}
