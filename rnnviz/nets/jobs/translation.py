"""Tasks on translation models: open, translate, whole files, near words, units of both halves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from rnnviz.core.alignments.alignment import Direction
from rnnviz.core.alignments.links import write_links
from rnnviz.core.alignments.parallel_corpus import read_lines, read_pairs
from rnnviz.core.errors import RnnvizError
from rnnviz.core.models.translation import END_ID
from rnnviz.core.system.files import write_atomically
from rnnviz.nets.opened import KindJob, OpenedModel
from rnnviz.nets.translation.aligning import align_pairs
from rnnviz.nets.translation.embeddings import nearest_words as words_near
from rnnviz.nets.translation.hypotheses import Hypothesis
from rnnviz.nets.translation.model import TranslationModel
from rnnviz.nets.translation.recording import record_translation
from rnnviz.nets.translation.sentences import (
    Sentence,
    force_target,
    forced_ids,
    translate_many,
)
from rnnviz.nets.translation.sentences import translate as translate_sentence
from rnnviz.nets.translation.settings import Settings
from rnnviz.work.messages import Context

Arguments = Mapping[str, Any]


def settings_of(arguments: Arguments, opened: OpenedModel) -> Settings:
    """How to decode, from the arguments of a task; keys of JSON objects are strings."""
    forced = {int(step): str(token) for step, token in (arguments.get("forced") or {}).items()}
    weights = {
        int(step): {int(place): float(value) for place, value in given.items()}
        for step, given in (arguments.get("weights") or {}).items()
    }
    return Settings(
        beam=int(arguments.get("beam", 1)),
        length_penalty=float(arguments.get("length_penalty", 0.6)),
        coverage_penalty=float(arguments.get("coverage_penalty", 0.0)),
        temperature=float(arguments.get("temperature", 1.0)),
        sampling_temperature=float(arguments.get("sampling_temperature", 0.0)),
        seed=int(arguments.get("seed", 0)),
        forced=forced_ids(opened.model.target, forced),
        weights=weights,
        from_step=int(arguments.get("from_step", 0)),
    )


def translate(opened: OpenedModel, arguments: Arguments, context: Context) -> dict[str, Any]:
    """Translate `source` with `model`; tables go to `folder`, progress brings the tokens so far.

    Args:
        arguments: beside these, `beam`, `length_penalty`, `coverage_penalty`; `temperature` of the
            attention's softmax; `sampling_temperature` and `seed`, to draw instead of search;
            `forced` tokens by step; `weights` by step and source place; from `from_step` on the
            weights and the temperature apply; `target` forces a whole translation.
        context: told of every token.
    """
    if "target" in arguments:
        sentence = force_target(opened.model, arguments["source"], arguments["target"])
    else:
        sentence = translate_sentence(
            opened.model,
            arguments["source"],
            settings_of(arguments, opened),
            keep=True,
            progress=lambda tokens: context.progress(len(tokens), 0, tokens=tokens),
        )
    chosen, shown = sentence.chosen, opened.model.target.shown
    return {
        "source_tokens": sentence.source,
        "target_tokens": sentence.target,
        "text": sentence.text,
        "scores": chosen.log_p.tolist(),
        "score": chosen.score,
        "finished": chosen.finished,
        "top": [
            [
                {"token": token, "p": p}
                for token, p in zip(shown(ids.tolist()), ps.tolist(), strict=True)
            ]
            for ids, ps in zip(chosen.top_ids, chosen.top_p, strict=True)
        ],
        "files": write_tables(sentence, Path(arguments["folder"])),
        "tree": {"nodes": tree_nodes(opened, sentence)},
    }


def write_tables(sentence: Sentence, folder: Path) -> dict[str, str]:
    """Write what was looked at and what was thought, one `.npy` file a table; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen: Hypothesis = sentence.chosen
    tables = {
        "weights": chosen.weights,
        "energies": chosen.energies,
        "context": chosen.context,
        "encoder": sentence.translated.encoded,
        "decoder": chosen.hidden,
    }
    files = {}
    for name, table in tables.items():
        if table is not None:
            path = folder / f"{name}.npy"
            np.save(path, table.numpy().astype(np.float32))
            files[name] = str(path)
    return files


def tree_nodes(opened: OpenedModel, sentence: Sentence) -> list[dict[str, Any]]:
    """The nodes of the beam's tree, each with its place as `id`."""
    nodes = sentence.translated.tree
    tokens = opened.model.target.shown([node.token for node in nodes])
    return [
        {
            "id": place,
            "parent": node.parent,
            "token": token,
            "log_p": node.log_p,
            "score": node.score,
            "kept": node.kept,
        }
        for place, (node, token) in enumerate(zip(nodes, tokens, strict=True))
    ]


def translate_corpus(opened: OpenedModel, arguments: Arguments, context: Context) -> dict[str, Any]:
    """Translate the lines of the file `path`; rows with confidence, coverage and length, in a file.

    Of a line with tabs the first column is translated; empty lines are left out.
    """
    lines = [line.split("\t")[0] for line in read_lines(Path(arguments["path"]))]
    settings = settings_of(arguments, opened)
    found = translate_many(opened.model, lines, settings, context.progress)
    rows = [
        {
            "line": number,
            "source": line,
            "target": sentence.text,
            "confidence": sentence.confidence,
            "coverage": sentence.coverage,
            "length": len(sentence.target) / len(sentence.source),
        }
        for number, (line, sentence) in enumerate(zip(lines, found, strict=True), 1)
        if sentence is not None
    ]
    path = Path(arguments["folder"]) / "corpus.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps({"rows": rows}).encode())
    return {"path": str(path), "sentences": len(rows)}


def align_corpus(opened: OpenedModel, arguments: Arguments, context: Context) -> dict[str, Any]:
    """Align the translations in the files `pairs`; links in Pharaoh format in a file in `folder`.

    Args:
        arguments: `swap` makes the second column the source; `direction` and `threshold` say how
            weights become links (`core.alignment.DIRECTIONS`); of the first `tables` pairs the
            weights are written, too.
        context: told of every batch.
    """
    pairs = read_pairs([Path(path) for path in arguments["pairs"]], arguments.get("swap", False))
    found = align_pairs(opened.model, pairs, progress=context.progress)
    direction: Direction = arguments.get("direction", "target")
    threshold = float(arguments.get("threshold", 0.5))
    links = [one.alignment.links(direction, threshold) if one else frozenset() for one in found]
    losses = [one.loss_nats for one in found if one is not None]
    path = Path(arguments["folder"]) / "links.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_links(path, links)
    tables: list[dict[str, Any]] = []
    for number, (one, (_, text)) in enumerate(zip(found, pairs, strict=True)):
        if one is None or len(tables) == int(arguments.get("tables", 0)):
            continue
        table = path.with_name(f"weights-{number}.npy")
        np.save(table, one.alignment.weights)
        source, target = one.alignment.source, one.alignment.target
        tables.append({"path": str(table), "source": source, "target": target, "text": text})
    return {
        "path": str(path),
        "pairs": len(pairs),
        "loss_nats": sum(losses) / len(losses),
        "tables": tables,
    }


def nearest_words(opened: OpenedModel, arguments: Arguments, context: Context) -> dict[str, Any]:
    """The words whose embeddings lie nearest to that of `word`, on the `side` source or target."""
    side = arguments.get("side", "source")
    words = words_near(opened.model, side, arguments["word"], int(arguments.get("count", 10)))
    return {
        "word": arguments["word"],
        "words": [{"word": word, "similarity": cosine} for word, cosine in words],
    }


def walk_translation(opened: OpenedModel, arguments: Arguments, context: Context) -> dict[str, Any]:
    """Record encoder and decoder while they read `source` and write `target`, in `folder`."""
    if not isinstance(opened.model, TranslationModel):
        raise RnnvizError(
            f"the units of a {opened.format_title} are not recorded; its alignment can be inspected"
        )
    target = arguments.get("target", "")
    if target:
        ids = opened.model.target.encode(target)
        settings = Settings(forced=dict(enumerate([*ids, END_ID])), longest=len(ids) + 1)
    else:
        settings = Settings()
    sentence = translate_sentence(opened.model, arguments["source"], settings, keep=True)
    folder = Path(arguments["folder"])
    tokens = record_translation(opened.model, sentence, folder, arguments["model"])
    return {"folder": str(folder), "tokens": tokens}


MODEL_JOBS: dict[str, KindJob] = {
    "translate": translate,
    "translate_corpus": translate_corpus,
    "align_corpus": align_corpus,
    "nearest_words": nearest_words,
    "walk_translation": walk_translation,
}
"""Asked of a translation model."""
