"""Tasks that come before any other: opening a model, its vocabulary, a text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.text_store import lay_out
from rnnviz.nets.checkpoints.vocabulary_guess import guess_vocabulary as guess
from rnnviz.nets.jobs.warm_models import warm_model
from rnnviz.nets.kinds import job_of, network_kind
from rnnviz.nets.language.model import count_parameters
from rnnviz.nets.opened import OpenedModel
from rnnviz.work.messages import Context, Task

Arguments = Mapping[str, Any]


def open_model(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Open `path`; `vocabulary` and `sentences` are what a person chose to go with it."""
    opened = warm_model(arguments["path"], arguments)
    return told(arguments["path"], opened, arguments.get("vocabulary"))


def told(path: str, opened: OpenedModel, vocabulary: Any = None) -> dict[str, Any]:
    """What the window is told of an open model; what only its kind has stands beside the rest."""
    return {
        "path": path,
        "digest": opened.digest,
        "kind": opened.kind,
        "description": msgspec.to_builtins(opened.model.description),
        "format_title": opened.format_title,
        "parameters": count_parameters(opened.model),
        "notes": opened.notes,
        "vocabulary": vocabulary,
        **network_kind(opened.kind).facts(opened),
    }


def walk_checkpoint(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Open `model` and walk the beginning of `text`, or of the file `text_path`, in `folder`.

    As many characters are read, with every channel, as `most_bytes` hold, though never fewer than
    `least` nor more than `most`. Other walks wait.

    Returns:
        What `open_model` says of the `model`, and how many `characters` are walked.
    """
    path, text = arguments["model"], Text.named_by(arguments)
    opened = warm_model(path, {})
    walk, found = job_of(opened, "walk", Path(path).name), told(path, opened)
    each = 2 * opened.model.description.total_units * len(found["channels"])
    until = int(arguments["most_bytes"]) // each
    until = min(len(text), arguments["most"], max(arguments["least"], until))
    beginning = {**arguments, "channels": found["channels"], "until": until, "first": True}
    walk(opened, beginning, context)
    return {"model": found, "characters": until}


def guess_vocabulary(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Possible vocabularies for the model at `path` from the file `source`, best first.

    Where `source` is no text but lists characters, they are judged on the file `text`, if given.
    """
    text = arguments.get("text")
    found = guess(Path(arguments["path"]), Path(arguments["source"]), Path(text) if text else None)
    return {**msgspec.to_builtins(found), "convincing": found.convincing}


def read_text(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Lay out the text file `path` in `folder`, for the window to map."""
    return lay_out(Path(arguments["path"]), Path(arguments["folder"]))


TASKS: dict[str, Task] = {
    "open_model": open_model,
    "walk_checkpoint": walk_checkpoint,
    "guess_vocabulary": guess_vocabulary,
    "read_text": read_text,
}
