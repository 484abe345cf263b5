"""What several commands are given: a range, concepts, a recording or a model and a text."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnviz.commands.shared.in_process import opened, run_with_progress
from rnnviz.commands.shared.number_types import number, whole
from rnnviz.commands.shared.output import size_in_words
from rnnviz.core.errors import RecordingError, TextError
from rnnviz.core.files.given_path import given_path
from rnnviz.core.sequences.vocabulary import FORMS
from rnnviz.core.system.left_behind import temporary_folder
from rnnviz.core.system.shipped import shipped_or_given

if TYPE_CHECKING:
    from rnnviz.core.concepts import Concept
    from rnnviz.core.models.network import NetworkDescription
    from rnnviz.core.recordings.description import FloatType
    from rnnviz.core.recordings.recording import Recording
    from rnnviz.core.sequences.base import Sequence as Steps
    from rnnviz.core.sequences.numbers import Numbers
    from rnnviz.core.sequences.text import Text
    from rnnviz.work.jobs.models import ModelOpened

LIMIT_GB = 20.0

_PARTS = {"bytes": ("utf-8", 1), "halves": ("utf-16-le", 2)}
"""What some networks read in place of characters, and how many bytes each takes."""
_REGULAR, _EXPRESSION = "regex:", "expr:"


def add_source(parser: argparse.ArgumentParser) -> None:
    """The arguments that name a recording, or a model and a text to walk."""
    parser.add_argument(
        "source",
        nargs="+",
        type=file_given,
        metavar="SOURCE",
        help="a model file and a text file, or the folder of a recording",
    )
    add_vocabulary(parser)


@dataclass(frozen=True)
class GoesWith:
    """What a person says about a model file that does not say everything itself."""

    vocabulary: Path | None = None
    """The training text, or a file that lists the symbols."""
    reading: int = 0
    """Which of the networks that the tensors may be, from 1."""


class _Said(argparse.Action):
    """Puts what follows `--vocabulary` or `--reading` into one `GoesWith`."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        name = (option_string or "").lstrip("-")
        setattr(namespace, self.dest, replace(getattr(namespace, self.dest), **{name: values}))


def add_vocabulary(parser: argparse.ArgumentParser) -> None:
    """`--vocabulary` and `--reading`, for models that do not say everything themselves."""
    parser.add_argument(
        "--vocabulary",
        type=given_path,
        action=_Said,
        default=GoesWith(),
        metavar="FILE",
        help=f"for a model that does not name its symbols: {FORMS}",
    )
    parser.add_argument(
        "--reading",
        type=whole,
        dest="vocabulary",
        action=_Said,
        default=argparse.SUPPRESS,
        metavar="N",
        help="where the tensors may be several networks (`rnnviz info` lists them): which, from 1",
    )


def add_word_lists(parser: argparse.ArgumentParser) -> None:
    """`--sentences`, for translators that do not name their words."""
    parser.add_argument(
        "--sentences",
        "--vocabulary",
        type=given_path,
        metavar="FILE",
        help="for a model that lacks its words: its word lists, a folder with them, or, for one of "
        "PyTorch's tutorial, the sentences that they come from",
    )


def add_limit(parser: argparse.ArgumentParser) -> None:
    """`--limit-gb`, above which no walk starts."""
    parser.add_argument(
        "--limit-gb",
        type=number,
        default=LIMIT_GB,
        metavar="X",
        help=f"refuse to write more than this many gigabytes (default: {LIMIT_GB:g})",
    )


def file_given(words: str) -> Path:
    """An argparse type: a path; or, where no such file is, the file name of what ships.

    So `french-english` and `pride-and-prejudice.txt` are found wherever rnnviz was installed.
    """
    if not words:
        raise TextError("the name of a file is empty; name one")
    return shipped_or_given(words)


def comma_list(words: str) -> tuple[str, ...]:
    """An argparse type: words separated by commas."""
    found = tuple(word.strip() for word in words.split(",") if word.strip())
    if not found:
        raise argparse.ArgumentTypeError("name at least one")
    return found


def character_range(words: str) -> tuple[int, int]:
    """An argparse type: `A:B`, the characters from A up to B; either may be missing."""
    first, colon, last = words.partition(":")
    try:
        start, stop = int(first or 0), int(last) if last else sys.maxsize
    except ValueError:
        start = stop = -1
    if not colon or not 0 <= start < stop:
        raise argparse.ArgumentTypeError(f"{words!r} is no range; write START:STOP, as in 100:2000")
    return start, stop


def concept_given(words: str) -> Concept:
    """The concept that `--concept` names: a built-in one, a JSON file, or one that is written out.

    `regex:PATTERN` is what a regular expression finds, `expr:EXPRESSION` is about columns of
    numbers.

    Raises:
        ConceptError: there is none, the file is damaged, or what is written cannot be read.
    """
    from rnnviz.core.concepts import concept_from, concept_named, load_concept_file

    if words.startswith(_REGULAR):
        pattern = words.removeprefix(_REGULAR)
        return concept_from({"kind": "regular-expression", "pattern": pattern, "name": words})
    if words.startswith(_EXPRESSION):
        return concept_from({"kind": "expression", "expression": words.removeprefix(_EXPRESSION)})
    if words.endswith(".json"):
        return load_concept_file(given_path(words))
    return concept_named(words)


def check_size(
    length: int,
    model: ModelOpened,
    channels: Sequence[str],
    limit_gb: float,
    dtype: FloatType = "float16",
) -> tuple[int, str]:
    """What a walk would write, in bytes, and that in words.

    Raises:
        RecordingError: the model has no such channel, or it is more than the limit.
    """
    from rnnviz.core.kinds.described import from_plain
    from rnnviz.core.models.units import groups_of
    from rnnviz.core.recordings.groups import Groups
    from rnnviz.core.recordings.recording import size_bytes

    known = model.channels
    for channel in channels:
        if channel not in known:
            raise RecordingError(f"the model has no channel {channel!r}; it has {', '.join(known)}")
    groups = Groups(groups_of(from_plain(model.description, model.kind), channels))
    size = size_bytes(length, groups, None, dtype)
    most = "" if reads_numbers(model) or reads_characters(model) else "at most "
    what = "characters" if reads_characters(model) else "steps"
    words = (
        f"{most}{length:,} {what}, {groups.total:,} units, {', '.join(channels)}: "
        f"{most}{size_in_words(size)} of values"
    )
    if not size <= limit_gb * 1e9:
        raise RecordingError(
            f"{words} is above the limit of {limit_gb:g} GB; "
            "record fewer channels, take a shorter text, or raise it with --limit-gb"
        )
    return size, words


def _network(model: ModelOpened) -> NetworkDescription | None:
    """What it is, part by part; None where its file tells less, as those of version 1 do."""
    from rnnviz.core.kinds.described import from_plain
    from rnnviz.core.models.network import SequenceDescription

    about = from_plain(model.description, model.kind)
    return about.network if isinstance(about, SequenceDescription) else None


def _unit(network: NetworkDescription) -> str:
    """What each step of a text is to it, such as `characters`; empty where it reads no symbols."""
    from rnnviz.core.models.network import Symbols

    return network.reads.unit if isinstance(network.reads, Symbols) else ""


def reads_numbers(model: ModelOpened) -> bool:
    """Whether rows of numbers are what it reads."""
    from rnnviz.core.models.network import Numbers

    network = _network(model)
    return network is not None and isinstance(network.reads, Numbers)


def reads_characters(model: ModelOpened) -> bool:
    """Whether each character of a text is a step of it, as to a language model of characters."""
    from rnnviz.core.kinds import kind_named

    network = _network(model)
    characters = kind_named(model.kind).reads == "characters"
    return characters and (network is None or _unit(network) == "characters")


def steps_at_most(text: Text | Numbers, model: ModelOpened) -> int:
    """How many steps a text can have for a model: its characters, or the parts of these it reads.

    Documents, words and pieces of words are fewer than the characters that they are cut from.
    """
    from rnnviz.core.sequences.text import Text

    network = _network(model)
    unit = "" if network is None else _unit(network)
    if not isinstance(text, Text) or unit not in _PARTS:
        return len(text)
    encoding, width = _PARTS[unit]
    return len(str(text).encode(encoding, "surrogatepass")) // width


def read_input(path: Path, model: ModelOpened) -> Text | Numbers:
    """The text, or the numbers, that a model is to read.

    Raises:
        TextError: it cannot be read.
    """
    from rnnviz.core.sequences.files.number_files import read_table
    from rnnviz.core.sequences.text import Text

    if reads_numbers(model):
        table = read_table(path, told=_say)
        return table.numbers(table.columns)
    return Text.read(path)


def _say(words: str) -> None:
    print(words, file=sys.stderr)


def say_how_read(text: Text | Numbers, model: ModelOpened) -> None:
    """Say how a file was read, and what the model does not know of it, where that is unusual."""
    from rnnviz.core.sequences.in_words import reading_in_words
    from rnnviz.core.sequences.numbers import Numbers

    if isinstance(text, Numbers):
        return
    if said := reading_in_words(text, *_as_read(text, model)):
        print(f"{text.name}: {said}", file=sys.stderr)


def say_how_file_is_read(path: Path, model: ModelOpened) -> None:
    """The same of a file that a job will read.

    Raises:
        TextError: it cannot be read.
    """
    say_how_read(read_input(path, model), model)


def _as_read(text: Text, model: ModelOpened) -> tuple[Steps | None, tuple[str, ...]]:
    """The text in the steps that the model makes of it, and what it knows; None if it reads none.

    Raises:
        TextError: it is nothing for this model.
    """
    from rnnviz.core.kinds import kind_named
    from rnnviz.core.kinds.described import from_plain
    from rnnviz.core.models.model_file import ModelDescription
    from rnnviz.core.models.network import Symbols
    from rnnviz.nets.answering.reading import documents_of
    from rnnviz.nets.sequence.reading import read_text

    about = from_plain(model.description, model.kind)
    if isinstance(about, ModelDescription):
        return text, about.vocabulary
    network = _network(model)
    if network is None or not isinstance(network.reads, Symbols):
        return None, ()
    stream = kind_named(model.kind).reads == "characters"
    reading = read_text(network.reads, text) if stream else documents_of(network, text)
    return reading.sequence, reading.vocabulary


def warn_of_loss(recording: Recording) -> None:
    """Say in red where a model does worse on a text than one that knows nothing."""
    from rnnviz.core.cells.loss_warning import loss_warning

    if said := loss_warning(recording):
        red = sys.stderr.isatty() and "NO_COLOR" not in os.environ
        print(f"\x1b[31m{said}\x1b[0m" if red else said, file=sys.stderr)


@contextmanager
def recorded(
    source: Sequence[Path],
    channels: Sequence[str] | None,
    *,
    vocabulary: GoesWith | None = None,
    stop: int = sys.maxsize,
    limit_gb: float = LIMIT_GB,
) -> Iterator[Recording]:
    """The recording in this folder; or the text walked through the model, deleted afterwards.

    Args:
        source: one folder, or a model file and a text file.
        channels: which to walk; None takes the hidden state, and the cell state where there is one.
        stop: characters from here on are not needed.

    Raises:
        RecordingError: the folder holds none, or the walk would be too large.
        TextError: the text cannot be read.
    """
    from rnnviz.core.recordings.recording import Recording
    from rnnviz.core.sequences.text import Text
    from rnnviz.work.jobs.cells import Walk
    from rnnviz.work.jobs.given import ModelGiven, TextGiven

    if len(source) == 1:
        yield Recording(source[0])
        return
    if len(source) != 2:
        raise TextError(
            f"{len(source)} files are given; name a model and a text, or one recording's folder"
        )
    model = opened(source[0], vocabulary, job=Walk)
    text = read_input(source[1], model)
    say_how_read(text, model)
    chosen = tuple(channels or model.states)
    length = min(stop, len(text))
    _, words = check_size(length, model, chosen, limit_gb)
    given = TextGiven(str(source[1]))
    if length < len(text) and isinstance(text, Text):
        given = TextGiven(text=text.slice(0, length), name=text.name)
    if length > 100_000:
        print(f"walking {words}, kept only as long as this takes", file=sys.stderr)
    folder = temporary_folder()
    try:
        walk = Walk(
            model=ModelGiven(model.path, model.vocabulary),
            text=given,
            folder=str(folder),
            channels=chosen,
        )
        run_with_progress(walk, "walking", "characters")
        found = Recording(folder)
        warn_of_loss(found)
        yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)
