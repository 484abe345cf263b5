"""Draw a small network unrolled over a word, with every number: forwards, the loss, backwards.

The network begins with the weights of its seed, or is trained first.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from rnnviz.commands.number_types import number, whole
from rnnviz.core.architectures import ARCHITECTURES
from rnnviz.core.errors import UnrollError
from rnnviz.core.given_path import given_path
from rnnviz.core.unroll.plan import STRUCTURES

EXAMPLES = """
  rnnviz unroll hello -o hello.svg
  rnnviz unroll hello --train 50 --moment 9 -o backwards.png --dark
  rnnviz unroll hello --architecture lstm --units 4 --learn -o steps.html
  rnnviz unroll "estamos comiendo pan > we are eating bread" --structure attention --learn -o a.html
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """A word, a network, and a file."""
    parser.add_argument(
        "word", metavar="WORD",
        help="every letter should give the next one; for a decoder words, >, their translation",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--to", type=given_path, required=True, metavar="FILE",
        help="what is written: .svg and .png one moment, .html all of them, to click through",
    )  # fmt: skip
    parser.add_argument(
        "--structure", choices=[one.name for one in STRUCTURES], default="many-to-many",
        help="which steps have an input, and which an answer (default: many-to-many)",
    )  # fmt: skip
    names = [facts.name for facts in ARCHITECTURES if not facts.grows]
    parser.add_argument("--architecture", choices=names, default="rnn", help="default: rnn")
    for name, default, about in (
        ("units", 3, "hidden units (default: 3)"),
        ("layers", 1, "recurrent layers (default: 1)"),
        ("seed", 0, "of the first weights (default: 0)"),
        ("chunk", 0, "truncated BPTT: steps after which gradients are cut (default: never)"),
    ):
        parser.add_argument(f"--{name}", type=whole, default=default, metavar="N", help=about)
    parser.add_argument("--rate", type=number, default=0.1, metavar="X", help="default: 0.1")
    parser.add_argument(
        "--train", type=whole, default=0, metavar="N", help="make so many updates before"
    )
    parser.add_argument(
        "--learn", action="store_true", help="train until every answer is likelier than 90 %%"
    )
    parser.add_argument(
        "--moment", type=whole, default=-1, metavar="N",
        help="0: nothing read yet; then forwards, the loss, backwards, the update (default: last)",
    )  # fmt: skip
    parser.add_argument("--dark", action="store_true", help="on dark paper")


def run(arguments: argparse.Namespace) -> int:
    """Compute, draw, write, and say what the network says."""
    import msgspec

    from rnnviz.commands.jobs import run_task
    from rnnviz.core.unroll.moments import count, moment
    from rnnviz.core.unroll.page import page
    from rnnviz.core.unroll.picture import draw
    from rnnviz.core.unroll.plan import structure_named
    from rnnviz.core.unroll.trace import read_trace
    from rnnviz.work.jobs.unroll import ComputeUnrolled

    plan = msgspec.structs.replace(
        structure_named(arguments.structure).of(arguments.word),
        **{name: getattr(arguments, name) for name in _SETTINGS},
    )
    plan.check()
    to: Path = arguments.to
    if to.suffix.lower() not in (".svg", ".png", ".html"):
        raise UnrollError(f"{to.name} has no known ending; take .svg, .png or .html")
    updates = 5000 if arguments.learn else arguments.train
    with tempfile.TemporaryDirectory() as folder:
        answer = run_task(
            ComputeUnrolled(
                plan=plan,
                path=str(Path(folder) / "trace.npz"),
                updates=updates,
                until_learned=arguments.learn,
            )
        )
        trace = read_trace(Path(answer.path), plan, answer.trained)
    last = count(plan.steps) - 1
    if to.suffix.lower() == ".html":
        to.write_text(page(trace, arguments.dark), encoding="utf-8")
    else:
        from rnnviz.views.text.text_figure import write_drawn

        shown = moment(last if arguments.moment < 0 else arguments.moment, plan.steps)
        write_drawn(to, draw(trace, shown, dark=arguments.dark).figure)
    print(f"{plan.architecture}, {plan.units} units, after {trace.trained} updates:")
    print(f"  reads   {_shown(plan.inputs)}")
    print(f"  says    {_shown(trace.likeliest)}")
    print(f"  should  {_shown(plan.targets)}")
    print(f"  loss    {trace.loss:.3f} nats in all")
    print(f"wrote {to}")
    return 0


_SETTINGS = ("architecture", "units", "layers", "seed", "chunk", "rate")


def _shown(symbols: tuple[str | None, ...]) -> str:
    return " ".join("·" if symbol is None else symbol for symbol in symbols)
