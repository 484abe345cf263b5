"""Tasks on cells: walk, sample, label, rank, probe, and look for patterns."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from rnnviz.core.cells.ordering import similarity_order
from rnnviz.core.cells.patterns import brushed_units, find_same
from rnnviz.core.cells.snippets import unit_page as read_unit_page
from rnnviz.core.concepts import concept_from
from rnnviz.core.concepts.streaming import label_blocks
from rnnviz.core.errors import RecordingError
from rnnviz.core.recordings.lock import writing
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.scoring import rank as rank_units
from rnnviz.core.scoring import write_ranking
from rnnviz.core.scoring.probe import probe as fit_probe
from rnnviz.core.scoring.probe import write_probe
from rnnviz.core.sequences.text import Text
from rnnviz.core.system.files import replacing
from rnnviz.nets.jobs.priority import short_first
from rnnviz.nets.language.sampling import sample as draw
from rnnviz.nets.opened import KindJob, OpenedModel
from rnnviz.nets.walking.walk import walk as walk_text
from rnnviz.work.messages import Context, Task

Arguments = Mapping[str, Any]


def walk(opened: OpenedModel, arguments: Arguments, context: Context) -> dict[str, Any]:
    """Walk `text`, or the file `text_path`, and record `channels` in `folder`.

    A walk that was left there goes on; where another one writes, it is waited for, and told how far
    it is. A walk that is to be `first` makes the others wait at their next block; one that is
    given `until` ends at that character.
    """
    text = Text.named_by(arguments)
    folder, first = Path(arguments["folder"]), bool(arguments.get("first"))

    def progress(done: int, total: int) -> None:
        context.progress(done, total, walked=done)
        if not first:
            short_first.wait()

    def waiting() -> None:
        with contextlib.suppress(RecordingError):
            written = Recording(folder)
            context.progress(written.walked, written.length, walked=written.walked)
            return
        context.progress(0, len(text))

    with writing(folder, waiting), short_first if first else contextlib.nullcontext():
        walk_text(
            opened.model,
            text,
            folder,
            arguments["channels"],
            progress=progress,
            model_path=arguments["model"],
            until=arguments.get("until"),
            model_stamp=opened.digest,
        )
    return {"folder": str(folder), "characters": len(text)}


def sample(opened: OpenedModel, arguments: Arguments, context: Context) -> dict[str, Any]:
    """Draw `length` characters after `start`; progress brings the text so far."""
    length, drawn = int(arguments["length"]), ""
    for character in draw(
        opened.model,
        length,
        start=arguments.get("start", ""),
        temperature=arguments.get("temperature", 1.0),
        top_k=arguments.get("top_k", 0),
        seed=arguments.get("seed"),
    ):
        drawn += character
        context.progress(len(drawn), length, text=drawn)
    return {"text": drawn}


def label(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Label the text of the recording in `folder` with `concept`; an array (T,) in a file."""
    recording = Recording(Path(arguments["folder"]))
    concept = concept_from(arguments["concept"])
    path = recording.folder / f"labels-{_file_name(concept.name)}.npy"
    dtype = np.float32 if concept.scalar else np.bool_
    # The window may have the labels of an earlier concept of this name mapped.
    with replacing(path) as beside:
        labels = np.lib.format.open_memmap(beside, "w+", dtype, (recording.length,))
        for start, part in label_blocks(concept, recording.text):
            labels[start : start + len(part)] = part
            context.progress(start + len(part), recording.length)
        labels.flush()
    return {"path": str(path)}


def preview_labels(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Which stretches of the short text `text` the yes-or-no `concept` labels, (start, stop)."""
    labels = np.asarray(concept_from(arguments["concept"]).label(arguments["text"]), np.int8)
    edges = np.flatnonzero(np.diff(labels, prepend=0, append=0))
    return {"spans": edges.reshape(-1, 2).tolist()}


def rank(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Rank all units of the recording in `folder` for `concept`; a ranking in a file."""
    recording = Recording(Path(arguments["folder"]))
    concept = concept_from(arguments["concept"])
    (ranking,) = rank_units(
        recording,
        [concept],
        arguments.get("channels"),
        progress=lambda share: context.progress(share, 1.0),
    )
    path = recording.folder / f"ranking-{_file_name(concept.name)}.json"
    write_ranking(ranking, path)
    return {"path": str(path)}


def probe(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Fit a linear probe over all units of the recording in `folder` for `concept`."""
    recording = Recording(Path(arguments["folder"]))
    concept = concept_from(arguments["concept"])
    fitted = fit_probe(
        recording,
        concept,
        arguments.get("channels"),
        progress=lambda share: context.progress(share, 1.0),
    )
    path = recording.folder / f"probe-{_file_name(concept.name)}.json"
    write_probe(fitted, path)
    return {"path": str(path)}


def unit_page(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Snippets, distribution and saturation of one unit of the recording in `folder`."""
    recording = Recording(Path(arguments["folder"]))
    page = read_unit_page(
        recording,
        arguments["channel"],
        arguments["unit"],
        progress=lambda share: context.progress(share, 1.0),
    )
    return dict(msgspec.to_builtins(page))


def pattern(arguments: Arguments, context: Context) -> dict[str, Any]:
    """The units that are on in a range and off around it, and where else they are on together."""
    recording = Recording(Path(arguments["folder"]))
    channel, start, stop = arguments["channel"], arguments["start"], arguments["stop"]
    units = brushed_units(
        recording,
        channel,
        start,
        stop,
        margin=arguments.get("margin", 0),
        share=arguments.get("share", 1.0),
        threshold=arguments.get("threshold"),
    )
    places = find_same(
        recording,
        channel,
        units,
        skip=(start, stop),
        progress=lambda share: context.progress(share, 1.0),
    )
    return {"units": msgspec.to_builtins(units), "matches": msgspec.to_builtins(places)}


def order(arguments: Arguments, context: Context) -> dict[str, Any]:
    """The units of a channel ordered by similarity over a range of the text."""
    recording = Recording(Path(arguments["folder"]))
    channel = arguments["channel"]
    values = recording.rows(channel)[:, arguments["start"] : arguments["stop"]]
    order = similarity_order(np.asarray(values, np.float32))
    return {"order": recording.groups.units_having(channel)[order].tolist()}


def find(arguments: Arguments, context: Context) -> dict[str, Any]:
    """Where `pattern` occurs in the text of the recording in `folder`."""
    text = Recording(Path(arguments["folder"])).text
    found = text.matches(
        arguments["pattern"],
        regular=arguments["regular"],
        progress=lambda done: context.progress(done, len(text)),
    )
    return {"matches": found.tolist()}


def _file_name(name: str) -> str:
    """A concept's name as part of a file's name, whatever characters it holds."""
    return "".join(c if c.isalnum() or c == "-" else f"_{ord(c):x}_" for c in name)[:100]


MODEL_JOBS: dict[str, KindJob] = {
    "walk": walk,
    "sample": sample,
}
"""Asked of a language model."""
TASKS: dict[str, Task] = {
    "label": label,
    "preview_labels": preview_labels,
    "rank": rank,
    "probe": probe,
    "unit_page": unit_page,
    "pattern": pattern,
    "order": order,
    "find": find,
}
