"""Say in one screen what a file or a folder is, what was found in it, and what can be done with it.

Models of any format, recordings, runs, texts, concepts, findings, attention matrices. Of a file of
weights that cannot be shown, the tensors are listed module by module, with the reason.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnviz.commands.shared.inputs import add_vocabulary, file_given
from rnnviz.commands.shared.output import Facts, duration_in_words, pairs, print_json, size_in_words
from rnnviz.commands.shared.runs import (
    loss_lines,
    newest_events,
    read_to_the_end,
    trouble_lines,
)
from rnnviz.core.architectures import short_title
from rnnviz.core.errors import RnnvizError
from rnnviz.core.models.model_folder import model_file_in
from rnnviz.core.models.moments import Moment, moments_beside
from rnnviz.core.models.unit_found import units_found
from rnnviz.core.quantities.loss import (
    bits,
    loss_in_words,
    perplexity,
    training_loss_in_words,
)
from rnnviz.core.quantities.units import layer_name

if TYPE_CHECKING:
    from rnnviz.commands.shared.inputs import GoesWith
    from rnnviz.core.recordings.groups import Groups
    from rnnviz.core.recordings.recording import Recording

_COUNTED = 4_000_000
"""Characters of a text of which the different ones are counted."""

_MOMENTS = 12
"""So many checkpoints of a training are listed."""

_NEEDS = {
    "VocabularyNeeded": "vocabulary", "SentencesNeeded": "sentences", "ReadingNeeded": "reading",
}  # fmt: skip
"""What has to be given with a file that holds a good model."""
_CLASSES = 6
"""So many are told with their shares."""

EXAMPLES = """
  rnnviz info models/war-and-peace.safetensors
  rnnviz info checkpoint.pt --vocabulary training-text.txt
  rnnviz info warpeace.recording --json
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """A path, and how to print."""
    parser.add_argument(
        "path", type=file_given, metavar="PATH", help="a file or a folder of any kind"
    )
    add_vocabulary(parser)
    parser.add_argument(
        "--text",
        type=file_given,
        metavar="FILE",
        help="of a model that may be read in several ways: the loss of each on this text",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Print what the path holds."""
    from rnnviz.core.recognise import kind_of

    kind = kind_of(arguments.path)
    if kind == "recording":
        facts, lines = _recording(arguments.path)
    elif kind == "recorded":
        facts, lines = _recorded(arguments.path)
    elif kind == "run":
        facts, lines = _run(arguments.path)
    elif kind == "attention":
        facts, lines = _attention(arguments.path)
    elif kind == "text" and _is_prose(arguments.path):
        facts, lines = _text(arguments.path)
    elif kind in ("concept", "finding"):
        facts, lines = _of_ours(arguments.path, kind)
    else:
        facts, lines = _model_or_needs(arguments)
    if arguments.json:
        print_json(facts)
    else:
        print(pairs(lines))
    return 0


def _model_or_needs(arguments: argparse.Namespace) -> tuple[Facts, list[tuple[str, str]]]:
    """What a model is; or what lies in its file, and what has to be given with it."""
    path = arguments.path
    try:
        known, lines = _model(path, arguments.vocabulary)
        if arguments.text is None:
            return known, lines
        symbols = known["vocabulary"]
        judged = _readings_judged(
            path, arguments.text, symbols if isinstance(symbols, tuple) else None
        )
        told = [("may be", f"{number}: {words}") for number, words in enumerate(judged, 1)]
        return {**known, "readings": judged}, [*lines, *told]
    except RnnvizError as error:
        inside = [] if arguments.json else _inside(path)
        needs = _NEEDS.get(getattr(error, "kind", ""), "")
        if not needs or arguments.vocabulary.vocabulary is not None:
            if len(inside) > 1:
                print(pairs(inside))
            raise
        facts: Facts = {"path": str(path), "kind": "model", "needs": needs, "why": str(error)}
        return facts, [*inside, ("needs", str(error))]


def _readings_judged(path: Path, text: Path, vocabulary: tuple[str, ...] | None) -> list[str]:
    """What the file may be read as, each with its loss on the beginning of a text."""
    from rnnviz.commands.shared.in_process import run_task
    from rnnviz.work.jobs.models import JudgeReadings, ListTensors

    readings = run_task(ListTensors(path=str(path))).readings
    judged = run_task(
        JudgeReadings(
            path=str(path), text=str(text), count=len(readings), vocabulary=vocabulary or None
        )
    )
    return [
        f"{title}: {loss_in_words(nats)} on {text.name}" if math.isfinite(nats) else title
        for title, nats in zip(readings, judged.nats, strict=True)
    ]


def _is_prose(path: Path) -> bool:
    """Whether a text is no JSON, no web page, and no pointer to a model that lies elsewhere."""
    from rnnviz.core.files.reading import read_head

    head = read_head(path, 64).lstrip(b"\xef\xbb\xbf \r\n\t")
    return not head.startswith((b"{", b"[", b"<", b"model_checkpoint_path", b"version https://git"))


def _inside(path: Path) -> list[tuple[str, str]]:
    """What lies in a file that no model can be shown from, or not from it alone."""
    from rnnviz.commands.shared.in_process import TaskFailed, run_task
    from rnnviz.work.jobs.models import ListTensors

    if path.is_dir() or not path.exists():
        return []
    lines = [("file", f"{path.name}, {size_in_words(path.stat().st_size)}")]
    try:
        inside = run_task(ListTensors(path=str(path)))
    except (TaskFailed, OSError):
        return lines
    lines += [("holds", inside.holds)] * bool(inside.holds)
    lines += [(group.module, group.tensors) for group in inside.groups]
    lines += [("may be", f"{number}: {title}") for number, title in enumerate(inside.readings, 1)]
    return lines


def _text(path: Path) -> tuple[Facts, list[tuple[str, str]]]:
    """How long a text is, how it was read, and what it is good for."""
    from rnnviz.core.sequences.in_words import reading_in_words
    from rnnviz.core.sequences.text import Text

    text = Text.read(path)
    sample = text.slice(0, _COUNTED)
    said = reading_in_words(text)
    use = (
        f"walk it through a model: `rnnviz walk MODEL {path.name}`; train on it: `rnnviz train "
        f"{path.name}`; or give it with --vocabulary to a model without one"
    )
    facts = {
        "kind": "text",
        "path": str(path),
        "characters": len(text),
        "different_characters": len(set(sample)),
        "size_bytes": path.stat().st_size,
        "notes": [said] if said else [],
    }
    of = f" in its first {_COUNTED:,}" if len(text) > _COUNTED else ""
    lines = [
        ("text", f"{path.name}, {size_in_words(path.stat().st_size)}"),
        ("characters", f"{len(text):,}, {len(set(sample)):,} different ones{of}"),
        *([("note", said)] if said else []),
        ("use", use),
    ]  # fmt: skip
    return facts, lines


def _of_ours(path: Path, kind: str) -> tuple[Facts, list[tuple[str, str]]]:
    """A concept or a finding: small files of ours."""
    from rnnviz.core.files.reading import read_json

    content = read_json(path)
    title = str(content.get("title") or content.get("name") or path.stem)
    use = {
        "concept": f"`rnnviz rank MODEL TEXT --concept {path.name}`, or drop it on the window",
        "finding": "drop it on the window: it shows the unit at its place again",
    }[kind]
    facts = {**content, "path": str(path), "kind": kind}
    return facts, [(kind, title), ("file", path.name), ("use", use)]


def _attention(path: Path) -> tuple[Facts, list[tuple[str, str]]]:
    """Weights of layers and heads with their tokens, and what is unusual about them."""
    from rnnviz.core.alignments.files.attention_file import read_attention

    maps = read_attention(path)
    facts = {
        "path": str(path),
        "kind": "attention",
        "layers": maps.layers,
        "heads": maps.heads,
        "source": maps.source,
        "target": maps.target,
        "notes": maps.notes,
    }
    lines = [
        ("attention", path.name),
        ("holds", maps.size_in_words),
        ("source", _shortened(maps.source)),
        ("target", _shortened(maps.target)),
        *(("note", note) for note in maps.notes),
    ]
    return facts, lines


def _shortened(tokens: tuple[str, ...]) -> str:
    shown = " ".join(tokens[:40])
    return f"{shown} … {len(tokens):,} in all" if len(tokens) > 40 else shown


def _model(path: Path, vocabulary: GoesWith) -> tuple[Facts, list[tuple[str, str]]]:
    from rnnviz.commands.shared.in_process import opened
    from rnnviz.core.kinds import kind_named
    from rnnviz.core.kinds.sequence import unit_of

    model = opened(path, vocabulary)
    kind, about = kind_named(model.kind), model.description
    inside = path.iterdir() if path.is_dir() else [path]
    moments = moments_beside(model_file_in(path)) if path.is_dir() else ()
    inside = [moments[-1].path] if moments else inside
    size = sum(file.stat().st_size for file in inside if file.is_file())
    facts = {
        "path": str(path),
        "format": model.format_title,
        "size_bytes": size,
        "digest": model.digest,
        "parameters": model.parameters,
        "notes": model.notes,
        "vocabulary": model.vocabulary,
        **({"moments": [(one.step, one.path.name) for one in moments]} if moments else {}),
        **({"channels": model.channels, "states": model.states} if model.channels else {}),
        **about,
        "kind": "model",
        "model_kind": kind.key,
    }
    training = about.get("training")
    training = training if isinstance(training, dict) else {}
    findings = about.get("findings")
    findings = findings if isinstance(findings, list | tuple) else ()
    if isinstance(nats := training.get("held_out_nats"), float):
        facts["held_out"] = {"nats": nats, "bits": bits(nats), "perplexity": perplexity(nats)}
    channels = [("channels", ", ".join(model.channels))] if model.channels else []
    ours = model.format_title.startswith("rnnviz ")
    converted = "" if ours else "; `rnnviz convert` writes it as a file of ours"
    lines = [
        ("model", str(about.get("name") or path.name)),
        ("kind", kind.title),
        ("format", f"{model.format_title}, {size_in_words(size)}"),
        *kind.lines(about),
        *channels,
        ("parameters", f"{model.parameters:,}"),
        *_training_lines(training, unit_of(kind, about)),
        *(("found" if number == 0 else "", found.words)
          for number, found in enumerate(units_found(findings))),
        *_moments_lines(moments),
        *(("note", note) for note in model.notes),
        ("use", f"{kind.with_article}, {kind.use}{converted}"),
    ]  # fmt: skip
    return facts, lines


def _moments_lines(moments: Sequence[Moment]) -> list[tuple[str, str]]:
    """The checkpoints of the training, of which the last is told of."""
    if not moments:
        return []
    shown = ", ".join(f"{one.step:,}" for one in moments[-_MOMENTS:])
    more = "…, " if len(moments) > _MOMENTS else ""
    return [("moments", f"{len(moments)} of one training: {more}{shown}; the last is told of")]


def _layers(about: Mapping[str, Any]) -> str:
    many = about["layers"] != 1
    return f"{about['layers']} layer{'s of' if many else ' of'} {about['units']} units"


def _training_lines(training: Mapping[str, object], unit: str) -> list[tuple[str, str]]:
    """The summary in the file; a figure that is not there is left out."""
    lines = []
    texts = training.get("texts")
    if isinstance(texts, list | tuple) and texts:
        lines.append(("trained on", ", ".join(map(str, texts))))
    counted = [
        f"{training[key]:,} {words}"
        for key, words in (
            ("characters", "characters"),
            ("pairs", "pairs"),
            ("documents", "documents"),
            ("held_out_characters", "held out"),
            ("words", "words"),
            ("held_out_words", "held out"),
            ("left_out", "left out: nothing to read"),
            ("sentences", "sentences"),
            ("rows", "rows"),
            ("epochs", "epochs"),
            ("steps", "steps"),
        )
        if isinstance(training.get(key), int | float)
    ]
    if isinstance(seconds := training.get("seconds"), int | float):
        counted.append(f"in {duration_in_words(seconds)}")
    if counted:
        lines.append(("", ", ".join(counted)))
    lines += _classes_lines(training)
    for key, name in (("loss_nats", "training loss"), ("held_out_nats", "held-out loss")):
        if isinstance(nats := training.get(key), int | float):
            lines.append((name, training_loss_in_words(nats, unit)))
        history = training.get(f"{key}_history")
        if isinstance(history, list | tuple) and len(history) > 1:
            shown = " ".join(f"{one:.3f}" for one in history[:: max(1, len(history) // 8)])
            lines.append(("", f"over the training: {shown}"))
    options = training.get("options")
    if isinstance(options, dict) and options:
        lines.append(("options", ", ".join(f"{key} {options[key]}" for key in sorted(options))))
    return lines


def _classes_lines(training: Mapping[str, object]) -> list[tuple[str, str]]:
    """How large the classes were that were trained on: the largest is right without any model."""
    counts = training.get("classes", training.get("labels"))
    if not isinstance(counts, dict) or not counts:
        return []
    known = {str(key): one for key, one in counts.items() if isinstance(one, int | float)}
    total = sum(known.values())
    if not total > 0:
        return []
    largest = sorted(known, key=lambda name: -known[name])
    shares = [f"{name} {known[name] / total:.0%}" for name in largest[:_CLASSES]]
    more = f" and {len(largest) - _CLASSES} more" if len(largest) > _CLASSES else ""
    return [("classes", f"{', '.join(shares)}{more}; always saying the first is right as often")]


def _recorded(path: Path) -> tuple[Facts, list[tuple[str, str]]]:
    """What another program recorded, as the recording that it becomes."""
    import tempfile

    from rnnviz.commands.shared.in_process import run_task
    from rnnviz.work.jobs.models import ReadRecorded

    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / f"{path.stem}.recording"
        run_task(ReadRecorded(path=str(path), folder=str(folder)))
        facts, lines = _recording(folder)
    use = f"`rnnviz convert {path.name} NAME.recording` writes it as a recording of ours"
    return {**facts, "path": str(path), "kind": "recorded"}, [*lines, ("use", use)]


def _recording(folder: Path) -> tuple[Facts, list[tuple[str, str]]]:
    import msgspec
    import numpy as np

    from rnnviz.core.recordings.recording import Recording

    recording = Recording(folder)
    about = recording.description
    size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
    walked = slice(recording.walked)
    known = () if recording.surprisal is None else recording.surprisal[walked]
    surprisal = np.asarray(known, np.float32)
    mean_bits = float(np.nanmean(surprisal)) if np.isfinite(surprisal).any() else math.nan
    nats = mean_bits / bits(1.0)
    facts = {
        "kind": "recording",
        "path": str(folder),
        **msgspec.to_builtins(about),
        "walked": recording.walked,
        "complete": recording.complete,
        "size_bytes": size,
        "loss_nats": nats,
    }
    done = "complete" if recording.complete else f"{recording.walked:,} walked"
    documents = f"{len(recording.documents):,} documents, " * recording.documents.many
    steps = {"characters": "characters", "tokens": "tokens"}.get(_kind(recording), "steps")
    lines = [
        ("recording", folder.name),
        ("text", f"{about.text_name}, {documents}{recording.length:,} {steps}, {done}"),
        ("model", f"{about.model_name}, {_widths(recording.groups)}"),
        ("channels", ", ".join(recording.channels)),
        ("size", size_in_words(size)),
    ]
    if recording.surprisal is not None:
        loss = loss_in_words(nats) if math.isfinite(nats) else "nothing is predicted yet"
        lines.append(("loss", loss))
    lines += [("note", note) for note in about.notes]
    return facts, lines


def _kind(recording: Recording) -> str:
    """The kind of sequence that was read."""
    return str(recording.description.sequence.__struct_config__.tag)


def _widths(groups: Groups) -> str:
    """`2 layers of 512 units`, or what each group is called and how wide it is."""
    if len({group.width for group in groups}) == 1 and all(
        group.name == layer_name(place) for place, group in enumerate(groups)
    ):
        return _layers({"layers": len(groups), "units": groups[0].width})
    return ", ".join(f"{group.words} of {group.width:,} units" for group in groups)


def _run(directory: Path) -> tuple[Facts, list[tuple[str, str]]]:
    import msgspec

    from rnnviz.core.runs.directory.config import read_config
    from rnnviz.core.runs.directory.state import STATE_WORDS
    from rnnviz.core.runs.watched import WatchedRun

    if not (directory / "run.json").exists():
        return _folder_of_runs(directory)
    config = read_config(directory)
    newest = newest_events(directory)
    step = newest.get("step", {})
    watched = WatchedRun(directory)
    watched.poll()
    facts = {
        "kind": "run",
        "path": str(directory),
        "state": watched.state,
        "trouble": watched.trouble(),
        "config": msgspec.to_builtins(config),
        "last_step": step,
        "last_validation": newest.get("validation", {}),
    }
    lines = [("run", f"{config.name}, {STATE_WORDS[watched.state]}")]
    if config.texts:
        lines.append(("texts", ", ".join(Path(text).name for text in config.texts)))
    # A loop of one's own says neither; what stands in its configuration instead is only a default.
    if config.task != "own-loop":
        network = f"{short_title(config.architecture)}, {_layers(msgspec.to_builtins(config))}"
        lines.append(("network", network))
    lines.append(("steps", f"{step.get('step', 0):,}"))
    return facts, [*lines, *loss_lines(newest, config.task), *trouble_lines(watched)]


def _folder_of_runs(directory: Path) -> tuple[Facts, list[tuple[str, str]]]:
    """The runs in a folder, ours and event files of TensorBoard, as the window reads them."""
    from time import monotonic

    from rnnviz.core.runs.directory.state import STATE_WORDS
    from rnnviz.core.runs.watched import WatchedRun, runs_in, watch

    runs: list[Facts] = []
    lines: list[tuple[str, str]] = []
    for folder, name in runs_in(directory):
        try:
            watched = watch(folder, monotonic, name=name)
            read_to_the_end(watched)
        except RnnvizError as error:  # one that is damaged hides no other
            runs.append({"path": str(folder), "name": name or folder.name, "problem": str(error)})
            lines += [("run", name or folder.name), ("problem", str(error))]
            continue
        facts: Facts = {
            "path": str(folder), "name": watched.name, "problem": watched.problem
        }  # fmt: skip
        runs.append(facts)
        if isinstance(watched, WatchedRun):
            facts |= {"state": watched.state, "step": watched.record.step}
            facts["trouble"] = watched.trouble()
            state = STATE_WORDS[watched.state]
            lines.append(("run", f"{watched.name}, {state}, step {watched.record.step:,}"))
            lines += trouble_lines(watched)
            continue
        curves = {tag: curve for tag, curve in watched.scalars.items() if len(curve)}
        facts["scalars"] = {
            tag: {"points": len(c), "last_step": int(c.steps[-1]), "last": c.last}
            for tag, c in curves.items()
        }
        lines.append(("run", f"{watched.name}, event files of TensorBoard"))
        lines += [
            (tag, f"{len(curve):,} points, {curve.last:.6g} at step {int(curve.steps[-1]):,}")
            for tag, curve in curves.items()
        ]
        lines += trouble_lines(watched)
    kind = "event files" if all("scalars" in run for run in runs) else "runs"
    return {"kind": kind, "path": str(directory), "runs": runs}, lines
