"""What a unit is good for: cut it, hold it or add to it, and see what that costs.

The text is read once as it is, once with the unit changed, and once for each of 20 other units of
the same layer with the same done to them: what a unit costs says little before one knows what any
unit costs. With --concept the losses are given apart: where the concept holds as a prediction is
made, and elsewhere.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rnnviz.commands.shared.in_process import opened, run_with_progress
from rnnviz.commands.shared.inputs import (
    add_vocabulary,
    concept_given,
    file_given,
    say_how_file_is_read,
)
from rnnviz.commands.shared.number_types import number, whole
from rnnviz.commands.shared.output import figure, pairs, print_json, table
from rnnviz.core.errors import UnitError
from rnnviz.core.quantities.units import parse_unit

if TYPE_CHECKING:
    from rnnviz.core.cells.intervention import Ablation, Effect
    from rnnviz.work.jobs.interventions import Ablated

EXAMPLES = """
  rnnviz ablate war-and-peace-lstm novel.txt --unit 2:142 --concept inside-quotes
  rnnviz ablate war-and-peace-lstm novel.txt --unit 2:142 --state cell --hold 3 --sample 200
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """A model, a text, a unit, and what is done to it."""
    parser.add_argument("model", type=file_given, metavar="MODEL", help="a language model")
    parser.add_argument("text", type=file_given, metavar="TEXT", help="the text that it reads")
    parser.add_argument("--unit", required=True, metavar="L:U", help="2:142 is unit 142 of layer 2")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--hold", type=number, metavar="X", help="hold it at X (default: 0, cut)")
    what.add_argument("--add", type=number, metavar="X", help="add X at every step")
    parser.add_argument("--state", default="hidden", metavar="NAME", help="hidden, or cell")
    parser.add_argument(
        "--from", dest="start", type=_count, default=0, metavar="C", help="from this step on"
    )
    parser.add_argument("--concept", metavar="NAME", help="give the losses on its places apart")
    parser.add_argument(
        "--characters", type=_count, default=10_000, metavar="N", help="read so many (10,000)"
    )
    parser.add_argument(
        "--random", type=_count, default=20, metavar="N", help="other units beside it (20)"
    )
    parser.add_argument(
        "--seed", type=whole, default=0, help="draws the other units and the samples"
    )
    parser.add_argument(
        "--sample", type=_count, default=0, metavar="N", help="also write N characters both ways"
    )
    add_vocabulary(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Measure, then print."""
    import msgspec

    from rnnviz.core.cells.intervention import Intervention
    from rnnviz.core.concepts import spec_of
    from rnnviz.work.jobs.given import ModelGiven, TextGiven
    from rnnviz.work.jobs.interventions import Ablate

    layer, unit = parse_unit(arguments.unit)
    if not layer.isdecimal():
        raise UnitError(f"{arguments.unit!r} is no unit of a language model; write LAYER:UNIT")
    model = opened(arguments.model, arguments.vocabulary, job=Ablate)
    say_how_file_is_read(arguments.text, model)
    added = arguments.add is not None
    concept = concept_given(arguments.concept) if arguments.concept else None
    asked = Ablate(
        model=ModelGiven(model.path, model.vocabulary),
        text=TextGiven(str(arguments.text)),
        intervention=Intervention(
            layer=int(layer) - 1,
            unit=unit,
            how="add" if added else "hold",
            value=arguments.add if added else arguments.hold or 0.0,
            state=arguments.state,
            start=arguments.start,
        ),
        concept=None if concept is None else spec_of(concept),
        characters=arguments.characters,
        randoms=arguments.random,
        seed=arguments.seed,
        sample_length=arguments.sample,
    )
    found = run_with_progress(asked, "reading")
    if arguments.json:
        print_json(msgspec.to_builtins(found))
    else:
        print(_listed(found, arguments.unit, concept.title if concept else ""))
    return 0


def _listed(found: Ablated, unit: str, concept: str) -> str:
    about = found.ablation
    heads = [
        ("unit", f"{unit} {about.intervention.state}, {about.intervention.in_words}"),
        ("losses", f"{about.predictions:,}" + (f", {about.on:,} of them on" if concept else "")),
    ]
    if concept:
        heads.append(("concept", concept))
    columns = [("all", "loss"), *((("on", "on"), ("elsewhere", "off")) if concept else ())]
    rows = [
        ("as it is", *(_nats(getattr(about.plain, key)) for _, key in columns)),
        (f"{unit} {about.intervention.in_words}", *_costs(about.changed, about, columns)),
    ]
    for words, share in (("median of the others", 0.5), ("dearest of the others", 1.0)):
        if about.others:
            rows.append((words, *_costs(about.of_others(share), about, columns)))
    said = [pairs(heads), "", table(("nats a character", *(head for head, _ in columns)), rows)]
    for head, key in columns:
        if about.others and getattr(about.changed, key) is not None:
            said.append(
                f"{head}: {about.rank(key)} of {len(about.others)} random units of the layer cost "
                "as much or more"
            )
    if found.sample:
        said += ["", "without:", found.sample, "", "with:", found.changed_sample]
    return "\n".join(said)


def _costs(effect: Effect, about: Ablation, columns: list[tuple[str, str]]) -> list[str]:
    beyond = effect.beyond(about.plain)
    return [
        f"{_nats(getattr(effect, key))} ({_signed(getattr(beyond, key))})" for _, key in columns
    ]


def _nats(value: float | None) -> str:
    return "-" if value is None else figure(value)


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.4f}"


def _count(words: str) -> int:
    if not words.isdecimal():
        raise argparse.ArgumentTypeError(f"{words!r} is no whole number")
    return int(words)
