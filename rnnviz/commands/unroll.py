"""Draw a network unrolled, with every number: a small one over a word, or a model over a text.

A small network over a word is drawn forwards, with the loss, and backwards; it begins with the
weights of its seed, or is trained first. A model over a text is drawn at one place: its states as
strips of colour, the units named that add most to what it says.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from rnnviz.commands.shared.in_process import opened, run_task
from rnnviz.commands.shared.inputs import add_vocabulary, file_given, say_how_file_is_read
from rnnviz.commands.shared.number_types import number, whole
from rnnviz.core.architectures import ARCHITECTURES
from rnnviz.core.errors import UnitError, UnrollError
from rnnviz.core.files.given_path import given_path
from rnnviz.core.files.writing import save_file
from rnnviz.core.quantities.units import parse_unit
from rnnviz.core.unroll.plan import STRUCTURES

EXAMPLES = """
  rnnviz unroll hello -o hello.svg
  rnnviz unroll hello --learn --animate hello.gif
  rnnviz unroll hello --architecture lstm --learn --inside 3 -o gates.svg
  rnnviz unroll hello --train 50 --moment 9 -o backwards.png --dark
  rnnviz unroll explosion --radius 1.5 --clip norm --threshold 1 -o exploding.pdf
  rnnviz unroll hello --architecture lstm --units 4 --learn -o steps.html
  rnnviz unroll "estamos comiendo pan > we are eating bread" --structure attention --learn -o a.html
  rnnviz unroll war-and-peace-gru pride-and-prejudice.txt --at 3000 -o there.svg
  rnnviz unroll war-and-peace-gru pride-and-prejudice.txt --at 3000 --write 8 --temperature 0.7 \
      -o writes.png
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """A word, or a model and a text; a network, and a file."""
    parser.add_argument(
        "what", nargs="+", metavar="WORD | MODEL TEXT",
        help="a word of which every letter should give the next one (for a decoder words, >, their "
        "translation); or a model file and a text",
    )  # fmt: skip
    parser.add_argument(
        "-o", "--to", type=given_path, metavar="FILE",
        help="what is written: .svg, .png and .pdf one moment, .html all of them, to click through",
    )  # fmt: skip
    parser.add_argument(
        "--animate", type=given_path, metavar="FILE",
        help="all moments as a moving picture: .gif, .webp or .apng",
    )  # fmt: skip
    parser.add_argument(
        "--frame", type=whole, default=1000, metavar="MS",
        help="how long each stays, in milliseconds (1000)",
    )  # fmt: skip
    parser.add_argument(
        "--structure", choices=[one.name for one in STRUCTURES], default="many-to-many",
        help="which steps have an input, and which an answer (default: many-to-many)",
    )  # fmt: skip
    names = [facts.name for facts in ARCHITECTURES if facts.starts_anywhere]
    parser.add_argument("--architecture", choices=names, default="rnn", help="default: rnn")
    for name, default, about in (
        ("units", 3, "hidden units (default: 3)"),
        ("layers", 1, "recurrent layers (default: 1)"),
        ("seed", 0, "of the first weights (default: 0)"),
        ("chunk", 0, "truncated BPTT: steps after which gradients are cut (default: never)"),
    ):
        parser.add_argument(f"--{name}", type=whole, default=default, metavar="N", help=about)
    parser.add_argument(
        "--direction", choices=["forward", "backward", "both"], default="forward",
        help="backward: layers read from the end; both: each has a second row that does (default: "
        "forward)",
    )  # fmt: skip
    parser.add_argument("--rate", type=number, default=0.1, metavar="X", help="default: 0.1")
    parser.add_argument(
        "--embedding", type=whole, default=0, metavar="N",
        help="numbers of a learned embedding; default: one-hot",
    )  # fmt: skip
    parser.add_argument(
        "--fresh", action="store_true", help="with --chunk: the state starts anew at each chunk"
    )
    parser.add_argument(
        "--radius", type=number, default=0.0, metavar="X",
        help="scale W_hh to this spectral radius before anything is trained",
    )  # fmt: skip
    parser.add_argument(
        "--clip", choices=["none", "norm", "value"], default="none",
        help="clip gradients by their norm or by value (default: none)",
    )  # fmt: skip
    parser.add_argument(
        "--threshold", type=number, default=5.0, metavar="X", help="of --clip (default: 5)"
    )
    parser.add_argument(
        "--tanh", action="store_true", help="scores are tanh(W_hy h) instead of W_hy h"
    )
    parser.add_argument(
        "--train", type=whole, default=0, metavar="N", help="make so many updates before"
    )
    parser.add_argument(
        "--learn", action="store_true", help="train until every answer is likelier than 90 %%"
    )
    parser.add_argument(
        "--end", action="store_true", help="the word ends with a mark, a symbol like others"
    )
    parser.add_argument(
        "--test", action="store_true",
        help="test time: what it writes goes back in, drawn with --temperature (default: greedy)",
    )  # fmt: skip
    parser.add_argument(
        "--moment", type=whole, default=-1, metavar="N",
        help="0: nothing read yet; then forwards, the loss, backwards, the update (default: last)",
    )  # fmt: skip
    parser.add_argument(
        "--inside", type=whole, default=0, metavar="N",
        help="draw step N, from 1, from inside: its gates and states, and the way through it",
    )  # fmt: skip
    model = parser.add_argument_group("a model over a text")
    model.add_argument(
        "--at", type=whole, default=0, metavar="N", help="the last step that is read, from 0"
    )
    model.add_argument(
        "--steps", type=whole, default=11, metavar="N", help="how many steps are drawn (11)"
    )
    model.add_argument(
        "--write", type=whole, default=0, metavar="N",
        help="let it write so many symbols: what it says is what it reads next",
    )  # fmt: skip
    model.add_argument(
        "--temperature", type=number, default=0.0, metavar="X",
        help="draw what it writes; 0 takes the likeliest (default)",
    )  # fmt: skip
    model.add_argument("--unit", metavar="L:U", help="follow a unit: 2:97 is unit 97 of layer 2")
    add_vocabulary(parser)
    parser.add_argument("--dark", action="store_true", help="on dark paper")


def run(arguments: argparse.Namespace) -> int:
    """Compute, draw, write, and say what the network says."""
    what: list[str] = arguments.what
    if len(what) > 2:
        raise UnrollError(f"{len(what)} words were given; give one word, or a model and a text")
    if arguments.to is None and arguments.animate is None:
        raise UnrollError("name a file to be written with -o, or with --animate")
    if arguments.animate is not None:
        _checked(arguments.animate, (".gif", ".webp", ".apng"))
    return _small(arguments, what[0]) if len(what) == 1 else _model(arguments, *what)


def _model(arguments: argparse.Namespace, model_file: str, text_file: str) -> int:
    """Some steps of a model over a text."""
    from rnnviz.core.unroll.model_trace import read_model_trace
    from rnnviz.core.unroll.pictures.model_picture import caption_of, draw_model, figures_of_model
    from rnnviz.core.unroll.pictures.picture import shown_symbol
    from rnnviz.views.text.painting.moving_picture import write_moving
    from rnnviz.views.text.painting.text_figure import write_drawn
    from rnnviz.work.jobs.given import ModelGiven, TextGiven
    from rnnviz.work.jobs.unroll import UnrollModel, Writes

    to = None if arguments.to is None else _checked(arguments.to, _WRITTEN)
    model = opened(file_given(model_file), arguments.vocabulary, job=UnrollModel)
    say_how_file_is_read(file_given(text_file), model)
    marked = None
    if arguments.unit:
        layer, unit = parse_unit(arguments.unit)
        marked = layer, unit
    with tempfile.TemporaryDirectory() as folder:
        answer = run_task(
            UnrollModel(
                model=ModelGiven(model.path, model.vocabulary),
                text=TextGiven(str(file_given(text_file))),
                path=str(Path(folder) / "steps.npz"),
                at=arguments.at,
                steps=arguments.steps,
                writes=Writes(arguments.write, arguments.temperature, arguments.seed),
            )
        )
        trace = read_model_trace(Path(answer.path))
    rows = {row.name: place for place, row in enumerate(trace.about.rows)}
    if marked is not None and marked[0] not in rows:
        raise UnitError(f"there is no unit {arguments.unit}; layers are {', '.join(rows)}")
    width = max(1180.0, 110 + 96.0 * len(trace))
    followed = None if marked is None else (rows[marked[0]], marked[1])
    size = width, 680.0
    if to is not None and to.suffix.lower() == ".html":
        from rnnviz.core.unroll.page import page_of_model

        save_file(to, page_of_model(trace, arguments.dark, size, followed))
    elif to is not None:
        write_drawn(to, draw_model(trace, size, arguments.dark, followed).figure)
    if arguments.animate is not None:
        figures = figures_of_model(trace, arguments.dark, size, followed)
        write_moving(arguments.animate, list(figures), arguments.frame)
    print(caption_of(trace))
    print(f"  reads   {' '.join(map(shown_symbol, trace.about.symbols))}")
    if trace.about.says == "numbers":
        return _wrote(arguments)
    says = [max(trace.likeliest(step), key=_second)[0] for step in range(len(trace))]
    print(f"  says    {' '.join(map(shown_symbol, says))}")
    return _wrote(arguments)


def _wrote(arguments: argparse.Namespace) -> int:
    for path in (arguments.to, arguments.animate):
        if path is not None:
            print(f"wrote {path}")
    return 0


def _second(pair: tuple[str, float]) -> float:
    return pair[1]


def _checked(to: Path, endings: tuple[str, ...]) -> Path:
    if to.suffix.lower() not in endings:
        known = f"{', '.join(endings[:-1])} or {endings[-1]}"
        raise UnrollError(f"{to.name} has no known ending; take {known}")
    return to


def _small(arguments: argparse.Namespace, word: str) -> int:
    import msgspec

    from rnnviz.core.unroll.moments import count_of, moment
    from rnnviz.core.unroll.page import figures_of, page
    from rnnviz.core.unroll.pictures.inside import draw_inside
    from rnnviz.core.unroll.pictures.layout import readable_size
    from rnnviz.core.unroll.pictures.moment_picture import draw
    from rnnviz.core.unroll.plan import END, structure_named
    from rnnviz.core.unroll.trace import read_trace
    from rnnviz.work.jobs.unroll import ComputeUnrolled, TestTime

    plan = msgspec.structs.replace(
        structure_named(arguments.structure).of(word + (END if arguments.end else "")),
        **{name: getattr(arguments, name) for name in _SETTINGS},
        carried=not arguments.fresh,
        squashed_output=arguments.tanh,
    )
    plan.check()
    to = None if arguments.to is None else _checked(arguments.to, _WRITTEN)
    updates = 5000 if arguments.learn else arguments.train
    with tempfile.TemporaryDirectory() as folder:
        answer = run_task(
            ComputeUnrolled(
                plan=plan,
                path=str(Path(folder) / "trace.npz"),
                updates=updates,
                until_learned=arguments.learn,
                radius=arguments.radius,
                test=TestTime(arguments.temperature, arguments.seed) if arguments.test else None,
            )
        )
        trace = read_trace(Path(answer.path), answer.written or plan, answer.trained)
    plan = trace.plan
    last = count_of(plan) - 1
    if to is None:
        pass
    elif to.suffix.lower() == ".html":
        save_file(to, page(trace, arguments.dark, readable_size(plan)))
    else:
        from rnnviz.views.text.painting.text_figure import write_drawn

        shown = moment(last if arguments.moment < 0 else arguments.moment, plan.moves)
        if arguments.inside:
            if not 1 <= arguments.inside <= plan.steps:
                raise UnrollError(f"there is no step {arguments.inside}; take 1 to {plan.steps}")
            step = arguments.inside - 1
            drawn = draw_inside(trace, plan.layers - 1, step, (1180.0, 640.0), arguments.dark)
        else:
            drawn = draw(trace, shown, readable_size(plan), arguments.dark)
        write_drawn(to, drawn.figure)
    if arguments.animate is not None:
        from rnnviz.views.text.painting.moving_picture import write_moving

        write_moving(arguments.animate, list(figures_of(trace, arguments.dark)), arguments.frame)
    print(f"{plan.architecture}, {plan.units} units, after {trace.trained} updates:")
    print(f"  reads   {_shown(plan.inputs)}")
    if plan.drawn:
        print(f"  writes  {_shown(plan.drawn)}")
        return _wrote(arguments)
    print(f"  says    {_shown(trace.likeliest)}")
    print(f"  should  {_shown(plan.targets)}")
    print(f"  loss    {trace.loss:.3f} nats in all")
    return _wrote(arguments)


_SETTINGS = (
    "architecture", "units", "layers", "direction", "seed", "chunk", "rate", "embedding", "clip",
    "threshold",
)  # fmt: skip
_WRITTEN = (".svg", ".png", ".pdf", ".html")


def _shown(symbols: tuple[str | None, ...]) -> str:
    return " ".join("·" if symbol is None else symbol for symbol in symbols)
