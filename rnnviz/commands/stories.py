"""List stories, or write them: one web page that needs nothing else, or one file to share.

Without a file these are the stories that ship; --own takes those made in the window. The name's
ending says what is written: .html is a page with every story drawn from its own model and text,
.rnnviz one file with the models and texts that do not ship, which the window opens.
"""

from __future__ import annotations

import argparse
import tempfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from rnnviz.commands.shared.inputs import comma_list, file_given
from rnnviz.commands.shared.output import ProgressLine, harmless, print_json
from rnnviz.core.errors import FindingError
from rnnviz.core.files.given_path import given_path

if TYPE_CHECKING:
    from rnnviz.core.stories.story import Stories, Story

EXAMPLES = """
  rnnviz stories
  rnnviz stories -o lecture.html
  rnnviz stories --own --only 1,3 -o talk.rnnviz
  rnnviz stories talk.rnnviz -o talk.html
"""

_WIDTH = 76


def configure(parser: argparse.ArgumentParser) -> None:
    """Which stories, and what to write."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "file", nargs="?", type=file_given, metavar="FILE", help="a file of stories: .rnnviz, .json"
    )
    which.add_argument("--own", action="store_true", help="those made in the window")
    parser.add_argument(
        "--only", type=comma_list, default=(), metavar="N,N",
        help="these alone, in this order, by their numbers in the list",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--to", type=given_path, metavar="FILE", help="what is written: .html or .rnnviz"
    )
    parser.add_argument("--title", default="", metavar="WORDS", help="of the page")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Print the list, or write a file."""
    import msgspec

    with tempfile.TemporaryDirectory(prefix="rnnviz-") as scratch:
        found = _stories(arguments, Path(scratch))
        chosen = _chosen(found.stories, arguments.only)
        title = arguments.title or found.title or "Stories"
        found = msgspec.structs.replace(found, stories=chosen, title=title)
        if arguments.to is None:
            _list(found, arguments.json)
        elif arguments.to.suffix.lower() == ".html":
            return _write_page(found, arguments.to)
        elif arguments.to.suffix.lower() == ".rnnviz":
            from rnnviz.core.stories.pack import write_pack

            write_pack(arguments.to, found)
            print(f"wrote {arguments.to}: {len(chosen)} stories")
        else:
            raise FindingError(f"{arguments.to.name} has no known ending; take .html or .rnnviz")
    return 0


def _stories(arguments: argparse.Namespace, scratch: Path) -> Stories:
    import msgspec

    from rnnviz.core.stories.pack import is_pack, unpack
    from rnnviz.core.stories.story import lecture, read_stories, told_here
    from rnnviz.core.system.places import data_directory

    if arguments.file is not None and is_pack(arguments.file):
        return unpack(arguments.file, scratch)
    if arguments.own:
        path = data_directory() / "stories.json"
        if not path.exists():
            raise FindingError("no stories were made yet: in the window, Story > Make a story")
        found = read_stories(path)
    else:
        found = lecture() if arguments.file is None else read_stories(arguments.file)
    return msgspec.structs.replace(found, stories=tuple(map(told_here, found.stories)))


def _chosen(stories: tuple[Story, ...], only: tuple[str, ...]) -> tuple[Story, ...]:
    """These of them, by their numbers from 1.

    Raises:
        FindingError: one of the numbers is none.
    """
    chosen, numbers = [], {str(number) for number in range(1, len(stories) + 1)}
    for number in only:
        if number not in numbers:
            raise FindingError(f"{number!r} is no story: they are numbered 1 to {len(stories)}")
        chosen.append(stories[int(number) - 1])
    return tuple(chosen) or stories


def _list(found: Stories, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    print(harmless(found.title))
    for number, story in enumerate(found.stories, start=1):
        print(f"{number:3}  {harmless(story.title)}")
        what = _what(story)
        for line in (*textwrap.wrap(harmless(story.caption), _WIDTH), harmless(what)):
            print(f"     {line}")


def _what(story: Story) -> str:
    """What it is told with, in a line."""
    finding = story.finding
    if finding is None:
        return f"[{Path(story.model).stem}: {story.sentence}]"
    return (
        f"[{finding.model_name or Path(finding.model_path).stem}, {finding.text_name}, "
        f"{finding.quantity}, characters {finding.start:,} to {finding.stop:,}]"
    )


def _write_page(found: Stories, path: Path) -> int:
    from rnnviz.commands.shared.in_process import run_task
    from rnnviz.work.jobs.stories import WriteStoriesPage

    line = ProgressLine("drawing")

    def heard(done: float, total: float, facts: None) -> None:
        if total:
            line.show(done, total)

    page = run_task(
        WriteStoriesPage(stories=found.stories, path=str(path), title=found.title), heard
    )
    line.finish()
    for reason in page.left_out:
        print(f"left out: {harmless(reason)}")
    print(f"wrote {path}: {page.stories} stories")
    return 0
