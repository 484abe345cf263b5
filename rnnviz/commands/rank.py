"""Find the units that follow a concept: every unit of every layer and channel, best first.

Beside the scores stand the base rate, and what the best of all units reaches by chance, with labels
shifted round the text. SOURCE is MODEL TEXT, or a recording's folder.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from rnnviz.commands.shared.in_process import run_with_progress
from rnnviz.commands.shared.inputs import add_limit, add_source, comma_list, concept_given, recorded
from rnnviz.commands.shared.number_types import count
from rnnviz.commands.shared.output import Facts, figure, print_json, table
from rnnviz.core.architectures import carried
from rnnviz.core.errors import ConceptError

if TYPE_CHECKING:
    from rnnviz.core.concepts import Concept
    from rnnviz.core.recordings.recording import Recording
    from rnnviz.core.scoring import Ranking, Score
    from rnnviz.core.scoring.document_labels import DocumentRanking
    from rnnviz.core.scoring.probe import Fit, Probe

EXAMPLES = r"""
  rnnviz rank models/war-and-peace.safetensors novel.txt --concept inside-quotes
  rnnviz rank novel.recording --concept position-in-line --concept inside-quotes --top 5
  rnnviz rank flip-flop flip-flop.csv --concept "expr:\`bit 1\` > 0"
  rnnviz rank models/linux.safetensors file.c --concept "regex:TODO|FIXME" --probe
  rnnviz rank novel.recording --concept my-concept.json --channels cell --json
  rnnviz rank films reviews.tsv --labels positive
"""

_HEADS = ("unit", "channel", "lag", "sign", "r", "AUC", "F1")


def configure(parser: argparse.ArgumentParser) -> None:
    """What to rank, and for which concepts."""
    add_source(parser)
    parser.add_argument(
        "--concept",
        action="append",
        default=[],
        metavar="NAME",
        help="one that `rnnviz concepts` lists, a FILE.json, regex:PATTERN, or "
        "expr:EXPRESSION over columns of numbers; may be repeated",
    )
    parser.add_argument(
        "--labels",
        nargs="?",
        const="",
        metavar="LABEL",
        help="for what the documents are said to be: the last, mean and largest value of a unit in "
        "each, measured on half of them; of several labels this one",
    )
    parser.add_argument(
        "--channels",
        type=comma_list,
        metavar="NAMES",
        help="which to score, with commas between (default: hidden, and cell where there is one)",
    )
    parser.add_argument(
        "--top", type=count, default=20, metavar="N", help="how many units to list (default: 20)"
    )
    parser.add_argument(
        "--probe", action="store_true", help="also fit a linear probe over all units"
    )
    add_limit(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Rank for each concept in turn."""
    if not arguments.concept and arguments.labels is None:
        raise ConceptError("what shall the units be ranked for? Name a --concept, or --labels")
    concepts = [concept_given(words) for words in arguments.concept]
    from rnnviz.core.scoring.document_labels import rank_documents

    found: list[Facts] = []
    with recorded(
        arguments.source,
        arguments.channels,
        vocabulary=arguments.vocabulary,
        limit_gb=arguments.limit_gb,
    ) as recording:
        channels = arguments.channels or carried(recording.channels)
        if arguments.labels is not None:
            documents = rank_documents(recording, arguments.labels, channels)
            if arguments.json:
                found.append(_document_facts(documents, recording, arguments.top))
            else:
                print(
                    _documents_listed(documents, recording, arguments.top) + "\n" * bool(concepts)
                )
        for number, concept in enumerate(concepts):
            ranking = _ranked(recording, concept, channels)
            probe = _probed(recording, concept, channels) if arguments.probe else None
            if arguments.json:
                found.append(_facts(ranking, recording, arguments.top, probe))
            else:
                print("\n" * (number > 0) + _listed(ranking, recording, arguments.top))
                if probe is not None:
                    print(_probe_lines(probe, recording))
                if concept.reading is not None:
                    print(f"\n{concept.reading(recording.text)}")
    if arguments.json:
        print_json({"rankings": found})
    return 0


def _ranked(recording: Recording, concept: Concept, channels: tuple[str, ...]) -> Ranking:
    from rnnviz.core.concepts import spec_of
    from rnnviz.core.scoring import read_ranking
    from rnnviz.work.jobs.cells import Rank

    rank = Rank(folder=str(recording.folder), concept=spec_of(concept), channels=channels)
    return read_ranking(Path(run_with_progress(rank, f"ranking for {concept.name}").path))


def _probed(recording: Recording, concept: Concept, channels: tuple[str, ...]) -> Probe:
    from rnnviz.core.concepts import spec_of
    from rnnviz.core.scoring.probe import read_probe
    from rnnviz.work.jobs.cells import FitProbe

    probe = FitProbe(folder=str(recording.folder), concept=spec_of(concept), channels=channels)
    return read_probe(Path(run_with_progress(probe, f"probing for {concept.name}").path))


def _unit(recording: Recording, score: Score) -> str:
    return recording.unit_name(score.unit)


def _listed(ranking: Ranking, recording: Recording, top: int) -> str:
    """The table, under two lines that say what it is measured against."""
    lines = [
        (
            _unit(recording, score),
            score.channel,
            f"{score.lag:+d}" if score.lag else "0",
            "+" if score.sign > 0 else "-",
            figure(score.correlation, signed=True),
            figure(score.auc),
            figure(score.f1),
        )
        for score in ranking.scores[:top]
    ]
    true = f"{100 * ranking.base_rate:.1f} % are true"
    if ranking.scalar:
        true = f"{100 * ranking.base_rate:.1f} % are at least {ranking.positive_from:g}"
    return (
        f"{ranking.title}: {ranking.characters:,} labels, {true}, {len(ranking.scores):,} units "
        f"scored\nby chance the best unit reaches |r| {figure(ranking.null_correlation)}, "
        f"AUC {figure(ranking.null_auc)}\n\n{table(_HEADS, lines, left=2)}"
    )


def _documents_listed(found: DocumentRanking, recording: Recording, top: int) -> str:
    """The table, under two lines that say what it is measured against."""
    lines = [
        (
            recording.unit_name(one.unit),
            one.channel,
            one.reading,
            "+" if one.sign > 0 else "-",
            figure(one.auc),
        )
        for one in found.scores[:top]
    ]
    heads = ("unit", "channel", "of a document", "sign", "AUC")
    return (
        f"documents that are “{found.label}”: measured on {found.documents:,}, "
        f"{100 * found.base_rate:.1f} % of them are, chosen on as many others\n"
        f"by chance the best unit reaches AUC {figure(found.null_auc)}\n\n"
        f"{table(heads, lines, left=3)}"
    )


def _document_facts(found: DocumentRanking, recording: Recording, top: int) -> Facts:
    import msgspec

    facts: Facts = msgspec.to_builtins(found)
    facts["scores"] = [
        {**msgspec.to_builtins(one), "name": recording.unit_name(one.unit)}
        for one in found.scores[:top]
    ]
    return facts


def _facts(ranking: Ranking, recording: Recording, top: int, probe: Probe | None) -> Facts:
    import msgspec

    facts: Facts = msgspec.to_builtins(ranking)
    facts["scores"] = [
        {
            **msgspec.to_builtins(score),
            "layer": recording.groups.of(score.unit).layer,
            "unit": recording.groups.place(score.unit).unit,
            "name": _unit(recording, score),
        }
        for score in ranking.scores[:top]
    ]
    if probe is not None:
        facts["probe"] = msgspec.to_builtins(probe)
    return facts


def _probe_lines(probe: Probe, recording: Recording) -> str:
    """What all units give together, beside the best by itself, on the second half of the text."""

    def said(fit: Fit) -> str:
        if probe.scalar:
            return f"r {figure(fit.correlation)}"
        return f"AUC {figure(fit.auc)}"

    alone = recording.unit_name(probe.alone_unit)
    return (
        f"\nlinear probe, tested on {probe.tested:,} characters: {probe.nonzero:,} of "
        f"{probe.units:,} units together {said(probe.together)}, "
        f"{probe.alone_channel} {alone} alone {said(probe.alone)}"
    )
