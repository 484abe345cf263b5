"""An engine that translates without a network: word by word from a list, with soft weights."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rnnviz.work.messages import Context

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


def opened(path: str = "fr-en.safetensors", **changes: Any) -> dict[str, Any]:
    """What the engine's task `open_model` answers."""
    return {
        "path": path,
        "kind": "translator",
        "description": description(**changes),
        "format_title": "rnnviz model",
        "parameters": 1000,
    }


def open_model(arguments: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Open any path as a translation model."""
    return opened(str(arguments["path"]))


def translate(arguments: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """One target word for each source word, in order; what is forced is obeyed."""
    source = [*arguments["source"].split(), "</s>"]
    forced = {int(step): token for step, token in arguments["forced"].items()}
    target, tokens = [], [*(WORDS.get(word, word) for word in source[:-1]), "</s>"]
    for step, token in enumerate(tokens):
        target.append(forced.get(step, token))
        context.progress(step + 1, len(tokens), tokens=list(target))
        if target[-1] == "</s>":
            break
    folder = Path(arguments["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    files = _tables(source, target, arguments, folder)
    if "without" in str(arguments["model"]):
        del files["weights"], files["energies"]
    return {
        "source_tokens": source,
        "target_tokens": target,
        "scores": [-0.1 - 0.05 * (step % 4) for step in range(len(target))],
        "top": [
            [{"token": other, "p": p} for other, p in ((token, 0.8), ("dog", 0.1), ("the", 0.05))]
            for token in target
        ],
        "files": files,
        "tree": {"nodes": _tree(target, int(arguments["beam"]))},
    }


def _tables(
    source: list[str], target: list[str], arguments: Mapping[str, Any], folder: Path
) -> dict[str, str]:
    random = np.random.default_rng(len(source))
    rows, columns = len(target), len(source)
    distance = np.abs(np.arange(rows)[:, None] - np.arange(columns)[None, :])
    energies = 3.0 - 2.0 * distance + random.normal(0, 0.3, (rows, columns))
    scaled = np.exp(energies / arguments["temperature"])
    weights = scaled / scaled.sum(axis=1, keepdims=True)
    for step, given in arguments["weights"].items():
        for place, value in given.items():
            row = weights[int(step)]
            rest = row.sum() - row[int(place)]
            row *= (1 - value) / max(rest, 1e-9)
            row[int(place)] = value
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


def _tree(target: list[str], beam: int) -> list[dict[str, Any]]:
    """The translation, and at every step `beam - 1` words that were not followed far."""
    nodes: list[dict[str, Any]] = []
    parent = -1
    for step, token in enumerate(target):
        here = len(nodes)
        nodes.append(_node(here, parent, token, -0.15 * (step + 1), kept=True))
        for other in range(beam - 1 if beam > 1 else 0):
            score = -0.15 * (step + 1) - 1.0 - other
            kept = other < 1
            nodes.append(_node(len(nodes), parent, f"other{other}", score, kept=kept))
        parent = here
    return nodes


def _node(number: int, parent: int, token: str, score: float, *, kept: bool) -> dict[str, Any]:
    return {"id": number, "parent": parent, "token": token, "score": score, "kept": kept}


def translate_corpus(arguments: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Every line of a file, surer the longer it is."""
    lines = Path(arguments["path"]).read_text(encoding="utf-8").splitlines()
    rows = [
        {
            "source": line,
            "target": " ".join(WORDS.get(word, word) for word in line.split()),
            "confidence": 1 - math.exp(-len(line.split())),
            "coverage": 0.9,
            "length": 1.0,
        }
        for line in lines
    ]
    path = Path(arguments["folder"]) / "rows.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows), encoding="utf-8")
    return {"path": str(path)}


def nearest_words(arguments: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """The words of the list, each a little farther than the last."""
    words = WORDS if arguments["side"] == "source" else dict.fromkeys(WORDS.values())
    return {"words": [[word, 1 - 0.05 * at] for at, word in enumerate(words)][:10]}


def align_corpus(arguments: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """The first source word to the first target word, in every line."""
    lines = Path(arguments["pairs"][0]).read_text(encoding="utf-8").splitlines()
    path = Path(arguments["folder"]) / "links.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("0-0\n" * len(lines), encoding="utf-8")
    return {"path": str(path), "pairs": len(lines), "loss_nats": 1.0}


TASKS = {
    "open_model": open_model,
    "translate": translate,
    "translate_corpus": translate_corpus,
    "nearest_words": nearest_words,
    "align_corpus": align_corpus,
}
