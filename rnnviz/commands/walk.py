"""Run a text through a model and record every unit on disk.

The size is printed before the walk starts. Ctrl-C leaves what was walked until then.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import time
from pathlib import Path

from rnnviz.commands.shared.in_process import opened, run_with_progress
from rnnviz.commands.shared.inputs import (
    add_limit,
    add_vocabulary,
    check_size,
    comma_list,
    file_given,
    read_input,
    reads_characters,
    say_how_read,
    steps_at_most,
    warn_of_loss,
)
from rnnviz.commands.shared.output import duration_in_words, print_json, size_in_words
from rnnviz.core.errors import RecordingError
from rnnviz.core.files.given_path import given_path

EXAMPLES = """
  rnnviz walk models/war-and-peace.safetensors novel.txt
  rnnviz walk lstm.safetensors novel.txt -o novel.recording --channels hidden,cell,forget
  rnnviz walk checkpoint.t7 novel.txt --vocabulary training-text.txt
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """A model, a text, and what to keep."""
    parser.add_argument("model", type=file_given, metavar="MODEL", help="a model file")
    parser.add_argument(
        "text", type=file_given, metavar="TEXT", help="a text, or CSV, NPY or NPZ of numbers"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=given_path,
        metavar="FOLDER",
        help="where the recording goes (default: TEXT.recording, here)",
    )
    parser.add_argument(
        "--channels",
        type=comma_list,
        metavar="NAMES",
        help="which to keep, with commas between (default: all that the model has)",
    )
    parser.add_argument(
        "--overwrite",
        action="store_true",
        help="replace a recording; other files in its folder stay",
    )
    parser.add_argument(
        "--float32",
        action="store_true",
        help="keep the values in float32, exact to the last digit, in twice the room",
    )
    add_vocabulary(parser)
    add_limit(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")


def run(arguments: argparse.Namespace) -> int:
    """Walk, under a line of progress."""
    from rnnviz.core.recordings.description import FloatType
    from rnnviz.core.recordings.recording import Recording, remove_recording
    from rnnviz.work.jobs.cells import Walk
    from rnnviz.work.jobs.given import ModelGiven, TextGiven

    folder: Path = arguments.output or Path(f"{arguments.text.stem}.recording")
    _check_free(folder, arguments.overwrite)
    model = opened(arguments.model, arguments.vocabulary, job=Walk)
    text = read_input(arguments.text, model)
    say_how_read(text, model)
    channels = arguments.channels or model.channels
    dtype: FloatType = "float32" if arguments.float32 else "float16"
    most = steps_at_most(text, model)
    size, words = check_size(most, model, channels, arguments.limit_gb, dtype)
    _check_space(folder, size)
    print(f"{text.name}: {words} in {folder}", file=sys.stderr)
    if folder.exists():
        remove_recording(folder)
    what = "characters" if reads_characters(model) else "steps"
    began = time.monotonic()
    try:
        walk = Walk(
            model=ModelGiven(model.path, model.vocabulary),
            text=TextGiven(str(arguments.text)),
            folder=str(folder),
            channels=channels,
            dtype=dtype,
        )
        run_with_progress(walk, "walking", what)
    except KeyboardInterrupt:
        if (folder / "recording.json").exists():
            walked = Recording(folder).walked
            print(f"the first {walked:,} {what} are in {folder}", file=sys.stderr)
        raise
    seconds = time.monotonic() - began
    recording = Recording(folder)
    warn_of_loss(recording)
    size = sum(one.stat().st_size for one in folder.rglob("*") if one.is_file())
    if arguments.json:
        print_json(
            {
                "folder": str(folder),
                what: recording.walked,
                "channels": channels,
                "size_bytes": size,
                "seconds": round(seconds, 3),
            }
        )
    else:
        rate = recording.walked / max(seconds, 1e-9)
        kept = f"{recording.walked:,} {what}, {size_in_words(size)} on disk"
        print(f"{folder}: {kept} in {duration_in_words(seconds)}, {rate:,.0f} {what}/s")
    return 0


def _check_free(folder: Path, overwrite: bool) -> None:
    """Refuse to write over anything but a recording, and over that only when asked to."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    if not (folder / "recording.json").exists():
        raise RecordingError(f"{folder} is there and is no recording; choose another with -o")
    if not overwrite:
        raise RecordingError(
            f"{folder} already holds a recording; choose another folder with -o, or --overwrite it"
        )


def _check_space(folder: Path, size: int) -> None:
    """Refuse what the disk cannot hold."""
    parent = next(place for place in folder.absolute().parents if place.exists())
    free = shutil.disk_usage(parent).free
    if size > free:
        raise RecordingError(
            f"the recording takes {size_in_words(size)} and {parent} has {size_in_words(free)} "
            "left; choose another disk with -o, or record fewer channels"
        )
