"""How strongly the loss at one step reaches the states before it: gradients through time.

Of a language model the loss is that of the next symbol, of a tagger that of a step's label, of a
model of numbers the squared error, of a classifier that of the verdict on a whole document.

For every layer the norms of dL_t/dh_{t-k} (and dL_t/dc_{t-k} of an LSTM) over the distance k: the
median of all losses, the band from 10 to 90 %, and the exponential that fits. Also the recurrent
matrix: its spectral radius, its largest singular value and, for a vanilla RNN, the bound.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rnnviz.commands.shared.in_process import opened, run_with_progress
from rnnviz.commands.shared.inputs import add_vocabulary, file_given, say_how_file_is_read
from rnnviz.commands.shared.number_types import whole
from rnnviz.commands.shared.output import Facts, figure, print_json, table
from rnnviz.core.errors import GradientError
from rnnviz.core.export.spreadsheets import csv_bytes
from rnnviz.core.files.given_path import given_path
from rnnviz.core.files.writing import save_file

if TYPE_CHECKING:
    from rnnviz.core.gradients.decay import Decay
    from rnnviz.core.gradients.field import GradientField
    from rnnviz.core.gradients.matrices import MatrixFacts
    from rnnviz.work.jobs.given import ModelGiven

EXAMPLES = """
  rnnviz gradients models/war-and-peace-small-rnn.safetensors novel.txt
  rnnviz gradients lstm.safetensors novel.txt --start 5000 --losses 300 --distance 300
  rnnviz gradients lstm.safetensors novel.txt --initial 0
  rnnviz gradients lstm.safetensors novel.txt --csv gradients.csv
  rnnviz gradients lstm.safetensors novel.txt --json
  rnnviz gradients films reviews.tsv --class positive --losses 20
  rnnviz gradients flip-flop flip-flop.csv --columns columns.csv
"""

_SHOWN = (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000)


def configure(parser: argparse.ArgumentParser) -> None:
    """What to go back through, and how far."""
    parser.add_argument(
        "model", type=file_given, metavar="MODEL", help="a model that reads a sequence"
    )
    parser.add_argument(
        "text", type=file_given, metavar="TEXT", help="the text, or the file of numbers, it reads"
    )
    add_vocabulary(parser)
    parser.add_argument(
        "--start",
        type=whole,
        metavar="C",
        help="take the losses from this character or row on (default: the distance; of "
        "classifiers and taggers 0)",
    )
    parser.add_argument(
        "--losses",
        type=whole,
        default=128,
        metavar="T",
        help="how many losses; of a classifier, documents (default: 128)",
    )
    parser.add_argument(
        "--distance",
        type=whole,
        default=128,
        metavar="K",
        help="how many steps back (default: 128)",
    )
    parser.add_argument(
        "--initial",
        type=whole,
        metavar="SEED",
        help="the same network before any training, its weights drawn from this seed",
    )
    parser.add_argument(
        "--jacobian", action="store_true", help="also the largest singular value of dh_t/dh_{t-k}"
    )
    parser.add_argument(
        "--class",
        dest="of_class",
        default="",
        metavar="NAME",
        help="follow the log-probability of this class back, instead of that of the true one "
        "(where the text says it) or of the likeliest",
    )
    parser.add_argument(
        "--columns",
        type=given_path,
        metavar="FILE",
        help="of a model of numbers: write the gradient of every loss at every step and column",
    )
    parser.add_argument(
        "--csv", type=given_path, metavar="FILE", help="write every distance of every layer there"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Compute, then print."""
    from rnnviz.core.gradients.field import read_field
    from rnnviz.core.kinds import kind_named
    from rnnviz.work.jobs.given import ModelGiven, TextGiven
    from rnnviz.work.jobs.gradients import ComputeField

    if arguments.losses < 1 or arguments.distance < 1:
        raise GradientError(
            f"{arguments.losses} losses over {arguments.distance} steps: both must be at least 1"
        )
    if arguments.start is not None and arguments.start < 0:
        raise GradientError(f"--start {arguments.start}: the first character of a text is number 0")
    model = opened(arguments.model, arguments.vocabulary, job=ComputeField)
    say_how_file_is_read(arguments.text, model)
    start = arguments.start
    if start is None:
        start = 0 if kind_named(model.kind).short_texts else arguments.distance
    network = ModelGiven(model.path, model.vocabulary)
    with tempfile.TemporaryDirectory(prefix="rnnviz-") as folder:
        asked = ComputeField(
            model=network,
            text=TextGiven(str(arguments.text)),
            start=max(0, start),
            count=arguments.losses,
            distance=arguments.distance,
            path=f"{folder}/field.npz",
            jacobians=arguments.jacobian,
            seed=arguments.initial,
            of_class=arguments.of_class,
        )
        field = read_field(Path(run_with_progress(asked, "going back").path))
        matrices = _matrices(network, arguments.initial, Path(folder))
    if arguments.csv is not None:
        _write_csv(field, arguments.csv)
    if arguments.columns is not None:
        _write_columns(field, arguments.columns)
    if arguments.json:
        print_json(_facts(field, matrices))
    else:
        print(_listed(field, matrices))
    return 0


def _matrices(network: ModelGiven, seed: int | None, folder: Path) -> list[MatrixFacts]:
    import msgspec

    from rnnviz.core.gradients.matrices import MatrixFacts
    from rnnviz.core.system.ready_types import ready
    from rnnviz.work.jobs.gradients import RecurrentMatrices

    path = folder / "matrices.json"
    run_with_progress(RecurrentMatrices(model=network, path=str(path), seed=seed), "eigenvalues")
    return msgspec.json.decode(path.read_bytes(), type=ready(list[MatrixFacts]))


def _scientific(value: float) -> str:
    return f"{value:.2e}" if value == value else "-"


def _layer(field: GradientField, row: int) -> str:
    """`2`, or `2 backwards`."""
    return field.facts.title_of(row).removeprefix("layer ")


def _losses(field: GradientField) -> str:
    """Which losses were taken, in words."""
    facts, count, first = field.facts, len(field.targets), int(field.predicted[0])
    several, whose = "es" * (count != 1), f" of {facts.of_class!r}" if facts.of_class else ""
    if facts.gives == "verdict":
        begin = int(field.places[0])
        documents = "one a document, " if count > 1 else ""
        return f"{count:,} loss{several}{whose} of the verdict, {documents}from {begin:,} on"
    if facts.gives == "next":
        step = f" (t = {first - 1:,})" if facts.unit == "character" else ""
        at = "character" if facts.unit == "character" else f"{facts.unit} at"
        return f"{count:,} loss{several} from that of {at} {first:,}{step}"
    what = "of the label" if facts.gives == "label" else "of the numbers"
    return f"{count:,} loss{several}{whose} {what} from {facts.unit} {first:,} on"


def _half(decay: Decay) -> str:
    if decay.half_life != decay.half_life:
        return "-"
    if decay.half_life < 0:
        return f"doubles in {-decay.half_life:.3g}"
    return f"{decay.half_life:.3g}"


def _rows(field: GradientField) -> list[tuple[str, int]]:
    return [(state, layer) for layer in range(field.facts.layers) for state in field.facts.states]


def _listed(field: GradientField, matrices: list[MatrixFacts]) -> str:
    """Three tables: norms over distance, the fits, the matrices."""
    from rnnviz.core.gradients.matrices import verdict

    shown = [distance for distance in _SHOWN if distance <= field.distance]
    heads = ("layer", "state", *(f"k={distance}" for distance in shown))
    lines, fits = [], []
    for state, layer in _rows(field):
        bands, decay = field.bands(state, layer), field.decay(state, layer)
        lines.append(
            (_layer(field, layer), state, *(_scientific(bands.median[place]) for place in shown))
        )
        fits.append(
            (
                _layer(field, layer),
                state,
                figure(decay.factor, 4),
                _half(decay),
                figure(decay.r_squared),
            )
        )
    facts = field.facts
    untrained = "" if facts.seed is None else f" before training (seed {facts.seed})"
    of_what = f"{_losses(field)} of {facts.text_name}"
    said = [
        f"{facts.model_name}{untrained}: {of_what}, up to {field.distance:,} steps back",
        "",
        "median norm of the gradient of a loss at the state k steps before it",
        table(heads, lines, left=2),
        *_jacobians(field),
        "",
        "exponential fitted to the norms",
        table(("layer", "state", "factor a step", "half-life", "r2"), fits, left=2),
        "",
        "recurrent matrix",
        table(
            ("layer", "gate", "spectral radius", "largest singular value"),
            [
                (
                    _layer(field, found.layer),
                    found.gate,
                    figure(found.spectral_radius),
                    figure(found.largest_singular_value),
                )
                for found in matrices
            ],
            left=2,
        ),
    ]
    if facts.bounded_by_weights:
        said += [
            f"layer {found.layer + 1}: "
            + verdict(found.largest_singular_value, found.spectral_radius)
            for found in matrices
        ]
    return "\n".join(said)


def _jacobians(field: GradientField) -> list[str]:
    if not field.has_jacobians:
        return []
    distances = field.array("distances").tolist()
    # Only some distances were taken: those nearest to the usual ones stand for them.
    wanted = [distance for distance in _SHOWN if distance <= distances[-1]]
    shown = sorted({_nearest(distances, distance) for distance in wanted})
    lines = [
        (
            _layer(field, layer),
            state,
            *(_scientific(float(value)) for value in field.jacobian(state, layer).median[shown]),
        )
        for state, layer in _rows(field)
    ]
    heads = ("layer", "state", *(f"k={distances[place]}" for place in shown))
    count = len(field.array("jacobian-steps"))
    return [
        "",
        f"median largest singular value of the Jacobian k steps back, at {count} steps",
        table(heads, lines, left=2),
    ]


def _nearest(distances: list[int], wanted: int) -> int:
    """The place of the distance that comes nearest.

    >>> _nearest([0, 1, 4, 9, 19], 20), _nearest([0, 1, 4], 0)
    (4, 0)
    """
    return min(range(len(distances)), key=lambda place: abs(distances[place] - wanted))


def _facts(field: GradientField, matrices: list[MatrixFacts]) -> Facts:
    import msgspec

    return {
        **msgspec.to_builtins(field.facts),
        "first_character": int(field.predicted[0]),
        "layer_titles": [field.facts.title_of(row) for row in range(field.facts.layers)],
        "losses": len(field.targets),
        "distance": field.distance,
        "jacobian_distances": field.array("distances").tolist() if field.has_jacobians else [],
        "loss_nats": float(field.array("losses").astype(float).mean()),
        "paths": [
            {
                "layer": layer,
                "state": state,
                "decay": msgspec.to_builtins(field.decay(state, layer)),
                "median": field.bands(state, layer).median.tolist(),
                "low": field.bands(state, layer).low.tolist(),
                "high": field.bands(state, layer).high.tolist(),
                **(
                    {
                        "jacobian": field.jacobian(state, layer).median.tolist(),
                        "jacobian_least": field.jacobian(state, layer).low.tolist(),
                        "jacobian_greatest": field.jacobian(state, layer).high.tolist(),
                    }
                    if field.has_jacobians
                    else {}
                ),
            }
            for state, layer in _rows(field)
        ],
        "matrices": [
            {
                "layer": found.layer,
                "gate": found.gate,
                "spectral_radius": found.spectral_radius,
                "largest_singular_value": found.largest_singular_value,
                "eigenvalues": found.eigenvalues,
                "singular_values": found.singular_values,
            }
            for found in matrices
        ],
    }


def _write_csv(field: GradientField, path: Path) -> None:
    rows: list[tuple[object, ...]] = [("layer", "state", "distance", "median", "low_10", "high_90")]
    for state, layer in _rows(field):
        found = field.bands(state, layer)
        rows += [
            (
                _layer(field, layer),
                state,
                distance,
                found.median[distance],
                found.low[distance],
                found.high[distance],
            )
            for distance in range(field.distance + 1)
        ]
    save_file(path, csv_bytes(rows))
    print(f"wrote {path}", file=sys.stderr)


def _write_columns(field: GradientField, path: Path) -> None:
    """A row for every loss and step before it (below 0: after it), a column for every column."""
    if not field.facts.columns or not field.has("columns"):
        raise GradientError(
            "there are no gradients at columns: "
            + ("fewer losses keep them" if field.facts.columns else "the model reads symbols")
        )
    rows: list[tuple[object, ...]] = [("loss_at", "distance", "row", *field.facts.columns)]
    for loss, step in enumerate(field.targets.tolist()):
        steps, values = field.steps_of(loss, "columns")
        for each, numbers in zip(steps.tolist(), values.tolist(), strict=True):
            rows.append(
                (int(field.predicted[loss]), step - each, int(field.places[each]), *numbers)
            )
    save_file(path, csv_bytes(rows))
    print(f"wrote {path}", file=sys.stderr)
