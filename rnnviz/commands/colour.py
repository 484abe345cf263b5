"""Colour a text by one unit, or by how unexpected each character was.

SOURCE is MODEL TEXT, or a recording's folder. Without --to the text goes to the terminal; otherwise
the file's name says what is written: .html, .png, .svg, .tex or .csv. Units are named LAYER:UNIT,
layers from 1 and units from 0: 2:142 is unit 142 of the second layer.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from rnnviz.commands.shared.in_process import run_task
from rnnviz.commands.shared.inputs import add_source, character_range, concept_given, recorded
from rnnviz.core.architectures import carried
from rnnviz.core.errors import RnnvizError
from rnnviz.core.files.given_path import given_path
from rnnviz.core.files.writing import save_file
from rnnviz.core.quantities.units import parse_unit

if TYPE_CHECKING:
    from rnnviz.core.colours.colour import Scale
    from rnnviz.core.export.ansi import Depth
    from rnnviz.core.export.coloured import ColouredText
    from rnnviz.core.recordings.recording import Recording

EXAMPLES = """
  rnnviz colour models/war-and-peace.safetensors novel.txt --unit 2:142
  rnnviz colour novel.recording --unit 1:7 --channel forget --range 1000:3000
  rnnviz colour models/linux.safetensors file.c --surprisal --to page.html
  rnnviz colour novel.recording --unit 2:142 --also 2:97,1:7 --to figure.png
  rnnviz colour novel.recording --unit 2:142 --concept inside-quotes --to figure.svg
"""

_SHOWN = 2000
_FILES = (".html", ".png", ".svg", ".tex", ".csv")


def configure(parser: argparse.ArgumentParser) -> None:
    """What to colour by, and where it goes."""
    add_source(parser)
    parser.add_argument("--unit", metavar="L:U", help="the unit; layers from 1, units from 0")
    parser.add_argument(
        "--channel",
        metavar="NAME",
        help="hidden, cell or a gate (default: cell where there is one, else hidden)",
    )
    parser.add_argument(
        "--also",
        default="",
        metavar="L:U,…",
        help="more units as bands under each row of a file, of the same channel where they have it",
    )
    parser.add_argument("--surprisal", action="store_true", help="colour by bits of surprisal")
    parser.add_argument(
        "--range",
        type=character_range,
        default=(0, _SHOWN),
        metavar="A:B",
        help=f"the characters from A up to B (default: 0:{_SHOWN})",
    )
    parser.add_argument(
        "--concept", metavar="NAME", help="underline it; a name, a FILE.json or regex:PATTERN"
    )
    parser.add_argument(
        "--to",
        type=given_path,
        metavar="FILE",
        help="a .html, .png, .svg, .tex (TikZ) or .csv file",
    )
    parser.add_argument(
        "--theme",
        choices=("light", "dark"),
        help="ground (default: dark on a terminal, light in a file, the reader's in HTML)",
    )
    parser.add_argument("--flip", action="store_true", help="swap the two ends of the colours")
    parser.add_argument("--title", default="", metavar="WORDS", help="heading of the file")
    parser.add_argument("--note", default="", metavar="WORDS", help="a paragraph in the file")
    parser.add_argument(
        "--colours",
        choices=("auto", "truecolour", "256", "digits"),
        default="auto",
        help="what the terminal can show; auto also heeds NO_COLOR and FORCE_COLOR",
    )
    parser.set_defaults(error=parser.error)


def run(arguments: argparse.Namespace) -> int:
    """Colour the range."""
    if (arguments.unit is None) == (not arguments.surprisal):
        arguments.error("give either --unit L:U or --surprisal")
    if arguments.to is not None and arguments.to.suffix.lower() not in _FILES:
        arguments.error(f"--to writes {', '.join(_FILES)}, not {arguments.to.name!r}")
    if arguments.also and arguments.to is None:
        arguments.error("--also draws bands into a file; name it with --to")
    if arguments.unit is not None:
        parse_unit(arguments.unit)
    channels = (arguments.channel,) if arguments.channel else None
    with recorded(
        arguments.source, channels, vocabulary=arguments.vocabulary, stop=arguments.range[1]
    ) as recording:
        coloured = _coloured(arguments, recording)
    if arguments.to is None:
        _print(arguments, coloured)
    else:
        _write(arguments, coloured)
        print(arguments.to)
    return 0


def _coloured(arguments: argparse.Namespace, recording: Recording) -> ColouredText:
    from rnnviz.core.export.coloured import coloured_surprisal, coloured_unit, with_bands

    start, stop = arguments.range
    if arguments.surprisal:
        coloured = coloured_surprisal(recording, start, stop)
    else:
        place = recording.groups.unit_named(arguments.unit)
        channel = arguments.channel or _usual(recording.groups.of(place).channels)
        coloured = coloured_unit(recording, channel, place, start, stop)
    if arguments.also:
        coloured = with_bands(coloured, recording, _bands(arguments, recording))
    if arguments.concept:
        coloured = _with_labels(coloured, recording, arguments.concept)
    scale = coloured.scale.flip() if arguments.flip else coloured.scale
    return replace(coloured, scale=scale, title=arguments.title, note=arguments.note)


def _bands(
    arguments: argparse.Namespace, recording: Recording
) -> list[tuple[str, int, Scale | None]]:
    found: list[tuple[str, int, Scale | None]] = []
    for name in arguments.also.split(","):
        place = recording.groups.unit_named(name.strip())
        channels = recording.groups.of(place).channels
        asked = arguments.channel if arguments.channel in channels else None
        found.append((asked or _usual(channels), place, None))
    return found


def _usual(channels: tuple[str, ...]) -> str:
    """The state that a unit hands on last: its cell where it has one."""
    return (carried(channels) or channels)[-1]


def _with_labels(coloured: ColouredText, recording: Recording, words: str) -> ColouredText:
    import numpy as np

    from rnnviz.core.concepts import spec_of
    from rnnviz.core.export.coloured import with_concept
    from rnnviz.work.jobs.cells import Label

    concept = concept_given(words)
    label = Label(folder=str(recording.folder), concept=spec_of(concept))
    labels = np.load(run_task(label).path, mmap_mode="r")
    return with_concept(coloured, labels, concept.title)


def _print(arguments: argparse.Namespace, coloured: ColouredText) -> None:
    from rnnviz.core.export.ansi import ansi_legend, ansi_text

    depth = colour_depth(arguments.colours)
    dark = arguments.theme != "light"
    sys.stdout.write(ansi_legend(coloured, depth, dark) + "\n")
    for line in ansi_text(coloured, depth, dark):
        sys.stdout.write(line)


def colour_depth(chosen: str) -> Depth:
    """What the terminal shows: as chosen, or as the environment says (no-color.org)."""
    if chosen in ("truecolour", "256", "digits"):
        return chosen  # type: ignore[return-value]
    forced = os.environ.get("FORCE_COLOR", "") not in ("", "0")
    if os.environ.get("NO_COLOR") or not (forced or sys.stdout.isatty()):
        return "digits"
    if os.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit"):
        return "truecolour"
    return "256"


def _write(arguments: argparse.Namespace, coloured: ColouredText) -> None:
    path: Path = arguments.to
    if not path.absolute().parent.is_dir():
        raise RnnvizError(f"there is no folder {path.absolute().parent}; make it first")
    suffix, dark = path.suffix.lower(), arguments.theme == "dark"
    if suffix == ".html":
        from rnnviz.core.export.html import write_html

        write_html(path, [coloured], arguments.title, arguments.theme or "auto")
    elif suffix == ".csv":
        from rnnviz.core.export.csv import write_csv

        write_csv(path, coloured)
    elif suffix == ".tex":
        from rnnviz.core.export.figure import figure
        from rnnviz.core.export.figure_tikz import figure_tikz

        drawn = figure(coloured, dark)
        save_file(path, figure_tikz(drawn))
    elif suffix == ".svg":
        from rnnviz.core.export.svg import write_svg

        write_svg(path, coloured, dark)
    else:
        from rnnviz.views.text.painting.text_figure import missing_fonts_note, write_figure

        write_figure(path, coloured, dark)
        if said := missing_fonts_note(coloured.characters):
            print(said, file=sys.stderr)
