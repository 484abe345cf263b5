"""Say which words of given translations belong together, one line a pair in Pharaoh format.

Words are what stands between blanks, so texts should have their punctuation set off as the gold
links count it. With gold links, the alignment error rate is printed, beside those of a straight
diagonal and of a statistical aligner that saw the same pairs. With --to, the weights behind the
links are written as the name ends: .svg, .png, .csv or .tex for one pair, .html for any number.

With --statistical no model is needed: an aligner learns from the pairs alone, both ways, which
words belong together (IBM model 1 with a prior for the diagonal, as fast_align). It wants
thousands of pairs; --more names some that it learns from besides.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rnnviz.commands.shared.alignments import check_target, count_drawn, write_titled
from rnnviz.commands.shared.in_process import run_with_progress
from rnnviz.commands.shared.inputs import add_word_lists, file_given
from rnnviz.commands.shared.number_types import number, whole
from rnnviz.commands.shared.output import Facts, ProgressLine, print_json
from rnnviz.core.alignments.alignment import DIRECTIONS, Alignment
from rnnviz.core.alignments.files.parallel_corpus import read_pairs, words_between_blanks
from rnnviz.core.alignments.links import (
    Link,
    LinkFile,
    corpus_agreement,
    links_line,
    read_link_file,
    read_links,
)
from rnnviz.core.alignments.statistical_aligner import SYMMETRISED
from rnnviz.core.errors import AlignmentError, TextError
from rnnviz.core.files.given_path import given_path
from rnnviz.core.files.writing import save_file

if TYPE_CHECKING:
    from rnnviz.work.jobs.alignments import CorpusTable

EXAMPLES = """
  rnnviz align models/english-french.safetensors pairs.txt -o links.txt
  rnnviz align models/english-french.safetensors pairs.txt -o links.txt --to pairs.html
  rnnviz align models/english-french.safetensors source.en target.fr --gold gold.txt
  rnnviz align models/english-french.safetensors pairs.txt --swap --direction both
  rnnviz align --statistical corpus.tsv --cut --links intersection -o links.txt
  rnnviz align --statistical pairs.txt --more corpus.tsv --gold gold.txt
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """A model, the pairs, and how weights become links."""
    parser.add_argument(
        "model",
        type=file_given,
        metavar="MODEL",
        help="a translation model; with --statistical there is none, and the pairs come first",
    )
    parser.add_argument(
        "pairs",
        nargs="*",
        type=given_path,
        metavar="PAIRS",
        help="a file with a tab or ||| between source and target, or two files",
    )
    parser.add_argument(
        "-o", "--output", type=given_path, metavar="FILE", help="write the links here"
    )
    parser.add_argument(
        "--to",
        type=given_path,
        metavar="FILE",
        help="write the alignment here; of many pairs as .html",
    )
    parser.add_argument("--swap", action="store_true", help="the second column is the source")
    parser.add_argument(
        "--direction",
        choices=DIRECTIONS,
        default="target",
        help="; ".join(f"{name}: {about}" for name, about in DIRECTIONS.items()),
    )
    parser.add_argument(
        "--threshold", type=number, default=0.3, metavar="X", help="the least weight of a link"
    )
    parser.add_argument("--gold", type=given_path, metavar="FILE", help="links to compare with")
    parser.add_argument(
        "--gold-base",
        type=whole,
        choices=(0, 1),
        metavar="0|1",
        help="the number of the first word in the gold links; without it, found out and said",
    )
    parser.add_argument("--one", action="store_true", help="write links that count from 1")
    add_word_lists(parser)
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    statistical = parser.add_argument_group("with a statistical aligner instead of a model")
    statistical.add_argument(
        "--statistical", action="store_true", help="learn the links from the pairs alone"
    )
    statistical.add_argument(
        "--more",
        nargs="+",
        type=given_path,
        default=[],
        metavar="FILE",
        help="pairs that it learns from besides, with a tab or ||| in each line",
    )
    statistical.add_argument(
        "--links",
        choices=SYMMETRISED,
        default="grow-diag-final-and",
        help="; ".join(f"{name}: {about}" for name, about in SYMMETRISED.items()),
    )
    statistical.add_argument(
        "--cut",
        action="store_true",
        help="cut signs and elided words off first: for texts as people write them",
    )


def run(arguments: argparse.Namespace) -> int:
    """Align, write the links, draw the weights, compare with gold."""
    if arguments.statistical:
        return _statistical(arguments)
    if not arguments.pairs:
        raise TextError(
            f"no pairs are given beside {arguments.model}; name a file of them after the model, or "
            "give --statistical to align without a model"
        )
    from rnnviz.work.jobs.alignments import AlignCorpus
    from rnnviz.work.jobs.given import ModelGiven

    drawn = _count_drawn(arguments) if arguments.to else 0
    with tempfile.TemporaryDirectory() as folder:
        asked = AlignCorpus(
            model=ModelGiven(str(arguments.model), sentences=str(arguments.sentences or "")),
            pairs=tuple(map(str, arguments.pairs)),
            swap=arguments.swap,
            direction=arguments.direction,
            threshold=arguments.threshold,
            tables=drawn,
            aligner=arguments.gold is not None,
            folder=folder,
        )
        result = run_with_progress(asked, "aligning", "pairs")
        found = read_links(Path(result.path), base=0)
        alone = read_links(Path(result.aligner), base=0) if result.aligner else ()
        if drawn:
            _draw(arguments.to, result.tables)
    links = [one.swapped() if arguments.swap else one for one in found]
    nats = result.loss_nats
    facts: Facts = {"loss_nats": nats}
    cost = f"; the translations cost the model {nats:.2f} nats a token"
    pairs = read_pairs(arguments.pairs, told=_say)
    gold = _gold(arguments, pairs)
    if gold is not None:
        beside, baselines = _beside(pairs, [one.sure for one in alone], gold)
        facts, cost = facts | baselines, f"{cost}; {beside}"
    _tell(arguments, [one.sure for one in links], gold, facts, cost)
    return 0


def _beside(
    pairs: Sequence[tuple[str, str]], alone: Sequence[frozenset[Link]], gold: LinkFile
) -> tuple[str, Facts]:
    """What a straight diagonal and an aligner that saw these pairs alone reach, for comparison."""
    from rnnviz.core.alignments.statistical_aligner import diagonal

    straight = [diagonal(*(len(words_between_blanks(side)) for side in (a, b))) for a, b in pairs]
    facts: Facts = {
        "diagonal_error_rate": corpus_agreement(straight, gold.lines).error_rate,
        "aligner_error_rate": corpus_agreement(alone, gold.lines).error_rate,
    }
    return (
        f"a straight diagonal has {facts['diagonal_error_rate']:.1%}, an aligner that saw these "
        f"pairs alone {facts['aligner_error_rate']:.1%}"
    ), facts


def _say(words: str) -> None:
    print(words, file=sys.stderr)


def _gold(arguments: argparse.Namespace, pairs: Sequence[tuple[str, str]]) -> LinkFile | None:
    """The gold links, if there are any, for these pairs as they stand in their file."""
    if arguments.gold is None:
        return None
    return read_link_file(arguments.gold, arguments.gold_base, pairs)


def _statistical(arguments: argparse.Namespace) -> int:
    """Learn from all pairs, write the links of those that were asked for."""
    from rnnviz.core.alignments.statistical_aligner import align_words, diagonal
    from rnnviz.core.alignments.words.sentences import words_to_align

    if arguments.to:
        raise AlignmentError(
            "a statistical aligner has links and no weights to draw; leave --to out"
        )
    asked = read_pairs([arguments.model, *arguments.pairs], told=_say)
    more = read_pairs(arguments.more, told=_say) if arguments.more else []
    gold = _gold(arguments, asked)
    cut = words_to_align if arguments.cut else lambda text: words_between_blanks(text.lower())
    words = [(cut(source), cut(target)) for source, target in [*asked, *more]]
    line = ProgressLine("aligning")
    try:
        found = align_words(words, progress=line.show)
    finally:
        line.finish()
    links = [both.links(arguments.links) for both in found[: len(asked)]]
    facts: Facts = {}
    beside = ""
    if gold is not None:
        straight = [diagonal(len(source), len(target)) for source, target in words[: len(asked)]]
        facts["diagonal_error_rate"] = corpus_agreement(straight, gold.lines).error_rate
        beside = f"; a straight diagonal has {facts['diagonal_error_rate']:.1%}"
    _tell(arguments, links, gold, facts, beside)
    return 0


def _tell(
    arguments: argparse.Namespace,
    links: Sequence[frozenset[Link]],
    gold: LinkFile | None,
    more: Facts,
    beside: str,
) -> None:
    """Write the links, or how far they agree with gold."""
    lines = "".join(f"{links_line(one, 1 if arguments.one else 0)}\n" for one in links)
    if arguments.output:
        save_file(arguments.output, lines)
    elif not arguments.json and arguments.gold is None:
        sys.stdout.write(lines)
    if gold is None:
        return
    agreed = corpus_agreement(links, gold.lines)
    facts = {
        "pairs": len(links),
        "error_rate": agreed.error_rate,
        "precision": agreed.precision,
        "recall": agreed.recall,
        "gold_base": gold.base,
        "gold_notes": gold.said,
        **more,
    }
    if arguments.json:
        print_json(facts)
    else:
        print(
            f"alignment error rate {agreed.error_rate:.1%}, precision {agreed.precision:.1%}, "
            f"recall {agreed.recall:.1%} over {len(links):,} pairs{beside}\n{gold.said}"
        )


def _count_drawn(arguments: argparse.Namespace) -> int:
    """How many pairs are drawn, once it is sure that the file can hold them."""
    check_target(arguments.to)
    count = len(read_pairs(arguments.pairs))
    check_target(arguments.to, f"{count:,} pairs" if count > 1 else "")
    return count_drawn(arguments.to, count, "pairs")


def _draw(path: Path, tables: Sequence[CorpusTable]) -> None:
    write_titled(
        path,
        [(Alignment.read(Path(one.path), one.source, one.target), one.text) for one in tables],
    )
