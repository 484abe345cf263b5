"""Write a model of any format that opens as a model file of rnnviz, which needs nothing beside it.

The weights are those that the network computes with, in the precision in which it is walked, so a
walk of the new file is that of the old one, bit for bit; with --half they are rounded to float16.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rnnviz.commands.shared.in_process import opened_as, run_task
from rnnviz.commands.shared.inputs import add_vocabulary, file_given
from rnnviz.commands.shared.output import print_json, size_in_words
from rnnviz.core.errors import ModelFileError
from rnnviz.core.files.given_path import given_path
from rnnviz.core.files.reading import exists
from rnnviz.core.recognise import kind_of

EXAMPLES = """
  rnnviz convert checkpoint.pt model.safetensors --vocabulary training-text.txt
  rnnviz convert lstm_model.h5 model.safetensors --vocabulary word_index.json
  rnnviz convert checkpoint_17800.t7 shakespeare.safetensors --half
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """A model, and where to write."""
    parser.add_argument(
        "model", type=file_given, metavar="MODEL", help="a model of any format, or activations"
    )
    parser.add_argument("target", type=given_path, metavar="FILE", help="the file to write")
    add_vocabulary(parser)
    parser.add_argument("--half", action="store_true", help="weights in float16, half the size")
    parser.add_argument("--force", action="store_true", help="write over a file that is there")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Convert."""
    from rnnviz.work.jobs.models import ConvertModel, ReadRecorded

    target = Path(arguments.target)
    if exists(target) and not arguments.force:
        raise ModelFileError(f"{target} is there already; choose another name, or --force")
    if kind_of(arguments.model) == "recorded":
        run_task(ReadRecorded(path=str(arguments.model), folder=str(target)))
        print_json({"path": str(target)}) if arguments.json else print(f"{target}: a recording")
        return 0
    given, model = opened_as(arguments.model, arguments.vocabulary)
    found = run_task(ConvertModel(model=given, target=str(target), half=arguments.half))
    for note in found.notes:
        print(f"{arguments.model.name}: {note}", file=sys.stderr)
    if arguments.json:
        print_json({"path": found.path, "model_kind": found.kind, "size_bytes": found.size_bytes})
    else:
        print(f"{target}: {size_in_words(found.size_bytes)}, from {model.format_title}")
    return 0
