"""An engine without networks whose every answer says whose it is: of which model, text, question.

So a test can ask of anything on the screen whether it belongs to what is open.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from rnnviz.core.alignments.links import write_links
from rnnviz.core.errors import ModelFileError
from rnnviz.core.gradients import FieldFacts, GradientField, MatrixFacts, write_field
from rnnviz.core.recordings.description import Next
from rnnviz.core.recordings.groups import layers_of
from rnnviz.core.recordings.lock import writing
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.scoring.results import Ranking, write_ranking
from rnnviz.core.sequences.text import Text
from rnnviz.core.system.identity import model_digest
from rnnviz.work.messages import Context
from tests.core.recordings.recordings import nothing_predicted
from tests.session.alignments import translating

VOCABULARY = tuple('\n "abcdefghijklmnopqrstuvwxyz')
SHAPES = {"m0": (2, 3), "m1": (3, 2), "m2": (2, 3), "m3": (1, 5)}
"""Layers and units of the models, by the names of their files."""
_BLOCK = 7

Arguments = Mapping[str, Any]


def code(*whose: object) -> int:
    """A number that float16 holds exactly, for what an answer is about."""
    return zlib.crc32("|".join(map(str, whose)).encode()) % 2000


def open_model(arguments: Arguments, context: Context) -> dict[str, Any]:
    """A model by the name of its file: `m0` and so on, `t…` translates, anything else is none."""
    path = Path(arguments["path"])
    context.progress(0, 1)
    if path.stem.startswith("t"):
        found = translating.opened(str(path), name=path.stem)
        return {**found, "digest": model_digest(path, None)}
    if path.stem not in SHAPES:
        raise ModelFileError(f"{path.name} is no model")
    layers, units = SHAPES[path.stem]
    return {
        "path": str(path),
        "digest": model_digest(path, None),
        "kind": "language-model",
        "description": {
            "architecture": "lstm",
            "layers": layers,
            "units": units,
            "vocabulary": VOCABULARY,
            "name": path.stem,
        },
        "format_title": "rnnviz model",
        "parameters": 100,
        "channels": ["hidden", "cell"],
    }


def walk(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Every value is `code(model, text)`; what was left goes on."""
    text, folder = Text.named_by(arguments), Path(arguments["folder"])
    path = arguments["model"]
    layers, units = SHAPES[Path(path).stem]
    groups, known = layers_of(layers, units, arguments["channels"]), VOCABULARY
    names = {"model_name": Path(path).stem, "model_path": path}

    def waiting() -> None:
        context.progress(0, len(text))

    with writing(folder, waiting):
        begin = 0
        if (folder / "recording.json").exists():
            begin = Recording(folder).walked
        writer = RecordingWriter(folder, text, groups, Next(), known, **names, again=begin > 0)
        value = code(path, text)
        for start in range(begin, len(text), _BLOCK):
            size = min(_BLOCK, len(text) - start)
            rows = np.full((layers * units, size), value)
            channels = dict.fromkeys(arguments["channels"], rows)
            writer.write(start, channels, nothing_predicted(size))
            context.progress(start + size, len(text), walked=start + size)
    return {"folder": str(folder), "characters": len(text)}


def _of(arguments: Arguments) -> tuple[Recording, str, str]:
    recording = Recording(Path(arguments["folder"]))
    return recording, recording.description.model_path, str(recording.text)


def label(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Every label is `code(text, concept)`."""
    recording, _, text = _of(arguments)
    name = arguments["concept"]["name"]
    context.progress(0, 1)
    path = recording.folder / f"labels-{name}.npy"
    np.save(path, np.full(len(text), code(text, name), np.float32))
    return {"path": str(path)}


def rank(arguments: Arguments, context: Context) -> dict[str, Any]:
    """A ranking without units; `code(model, text, concept)` is its number of characters."""
    recording, model, text = _of(arguments)
    name = arguments["concept"]["name"]
    context.progress(0, 1)
    path = recording.folder / f"ranking-{name}.json"
    found = Ranking(
        concept=name,
        title=name,
        scalar=False,
        positive_from=1,
        base_rate=0.5,
        null_correlation=0,
        null_auc=0.5,
        characters=code(model, text, name),
        scores=(),
    )
    write_ranking(found, path)
    return {"path": str(path)}


def unit_page(arguments: Arguments, context: Context) -> dict[str, Any]:
    """No page, but whose it would be."""
    _, model, text = _of(arguments)
    channel, unit = arguments["channel"], arguments["unit"]
    context.progress(0, 1)
    return {"channel": channel, "unit": unit, "whose": code(model, text, channel, unit)}


def pattern(arguments: Arguments, context: Context) -> dict[str, Any]:
    """No units, but whose they would be."""
    _, model, text = _of(arguments)
    start, stop = arguments["start"], arguments["stop"]
    context.progress(0, 1)
    whose = code(model, text, arguments["channel"], start, stop)
    return {"units": [], "matches": [], "whose": whose}


def order(arguments: Arguments, context: Context) -> dict[str, Any]:
    """An order of one: `code(model, text, channel)`."""
    _, model, text = _of(arguments)
    context.progress(0, 1)
    return {"order": [code(model, text, arguments["channel"])]}


def find(arguments: Arguments, context: Context) -> dict[str, Any]:
    """One match, at `code(text)`."""
    _, _, text = _of(arguments)
    context.progress(0, 1)
    return {"matches": [[code(text), code(text) + 1]]}


def sample(arguments: Arguments, context: Context) -> dict[str, Any]:
    """The name of the model, letter by letter."""
    name = Path(arguments["model"]).stem
    for length in range(1, len(name) + 1):
        context.progress(length, len(name), text=name[:length])
    return {"text": name}


def gradient_field(arguments: Arguments, context: Context) -> dict[str, Any]:
    """A field of one loss that says of which model, text and start it is."""
    text = Text.named_by(arguments)
    context.progress(0, 1)
    facts = FieldFacts(
        model_name="",
        model_path=arguments["model"],
        architecture="lstm",
        text_name=str(code(text)),
        layers=1,
        units=1,
        states=("hidden",),
        start=arguments["start"],
    )
    arrays: dict[str, Any] = {
        "places": np.arange(3),
        "targets": np.arange(1, 2),
        "losses": np.ones(1, np.float32),
        "hidden": np.ones((1, 1, 2), np.float32),
        "hidden-sum": np.ones((1, 2), np.float32),
        "inputs": np.ones((1, 2), np.float32),
        "products": np.ones((1, 2), np.float32),
    }
    path = Path(arguments["path"])
    path.parent.mkdir(parents=True, exist_ok=True)
    write_field(path, GradientField(facts, arrays))
    return {"path": str(path)}


def recurrent_matrices(arguments: Arguments, context: Context) -> dict[str, Any]:
    """One matrix, of gate `code(model)`."""
    context.progress(0, 1)
    path = Path(arguments["path"])
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = MatrixFacts(0, str(code(arguments["model"])), ((1.0, 0.0),), (1.0,))
    path.write_bytes(msgspec.json.encode([facts]))
    return {"path": str(path)}


def clipping(arguments: Arguments, context: Context) -> dict[str, Any]:
    """No step, but whose it would be."""
    text = Text.named_by(arguments)
    context.progress(0, 1)
    return {"whose": code(arguments["model"], text, arguments["start"])}


def truncation(arguments: Arguments, context: Context) -> dict[str, Any]:
    """No measure, but whose it would be."""
    text = Text.named_by(arguments)
    context.progress(0, 1)
    return {"whose": code(arguments["model"], text, arguments["chunk"])}


def translate(arguments: Arguments, context: Context) -> dict[str, Any]:
    """What the words of the list give, the first one the name of the model."""
    found = translating.translate(arguments, context)
    name = Path(arguments["model"]).stem
    return {**found, "target_tokens": [name, *found["target_tokens"][1:]], "text": name}


def nearest_words(arguments: Arguments, context: Context) -> dict[str, Any]:
    """One word: the name of the model."""
    context.progress(0, 1)
    return {"word": arguments["word"], "words": [[Path(arguments["model"]).stem, 1.0]]}


def translate_corpus(arguments: Arguments, context: Context) -> dict[str, Any]:
    """One row, its translation the name of the model."""
    context.progress(0, 1)
    path = Path(arguments["folder"]) / "corpus.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    row = {"source": "le", "target": Path(arguments["model"]).stem}
    path.write_text(json.dumps({"rows": [row]}))
    return {"path": str(path), "sentences": 1}


def links_of(model: str, pairs: str, direction: str, threshold: float) -> list[frozenset[Any]]:
    """Hard links that differ with every question about them."""
    whose = code(model, pairs, direction, threshold)
    return [frozenset((0, place) for place in range(8) if whose >> place & 1)]


def align_corpus(arguments: Arguments, context: Context) -> dict[str, Any]:
    """`links_of` what was asked."""
    context.progress(0, 1)
    path = Path(arguments["folder"]) / "links.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    asked = arguments["pairs"][0], arguments["direction"], arguments["threshold"]
    write_links(path, links_of(arguments["model"], *asked))
    return {"path": str(path), "pairs": 1, "loss_nats": 1.0}


def walk_translation(arguments: Arguments, context: Context) -> dict[str, Any]:
    """A recording of one character a unit."""
    folder = Path(arguments["folder"])
    text = Text.of("abc", "units")
    groups = layers_of(1, 2, ("hidden",))
    writer = RecordingWriter(
        folder, text, groups, Next(), VOCABULARY, model_path=arguments["model"]
    )
    value = code(arguments["model"], text)
    writer.write(0, {"hidden": np.full((2, 3), value)}, nothing_predicted(3))
    return {"folder": str(folder), "characters": 3}


TASKS = {
    task.__name__: task
    for task in (
        open_model,
        walk,
        label,
        rank,
        unit_page,
        pattern,
        order,
        find,
        sample,
        gradient_field,
        recurrent_matrices,
        clipping,
        truncation,
        translate,
        nearest_words,
        translate_corpus,
        align_corpus,
        walk_translation,
    )
}
