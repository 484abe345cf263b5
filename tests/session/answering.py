"""An engine without networks whose every answer says whose it is: of which model, text, question.

So a test can ask of anything on the screen whether it belongs to what is open.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec.structs import replace

from rnnviz.core.alignments.links import write_links
from rnnviz.core.cells.patterns import Place
from rnnviz.core.cells.snippets import UnitPage
from rnnviz.core.cells.surprises import Passage
from rnnviz.core.concepts import concept_from
from rnnviz.core.errors import ModelFileError
from rnnviz.core.gradients.field import FieldFacts, GradientField, write_field
from rnnviz.core.gradients.matrices import MatrixFacts
from rnnviz.core.recordings.description import Next
from rnnviz.core.recordings.groups import layers_of
from rnnviz.core.recordings.lock import writing
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.scoring.results import Ranking, write_ranking
from rnnviz.core.sequences.text import Text
from rnnviz.core.system.identity import model_digest
from rnnviz.core.unroll.model_trace import ModelSteps, ModelTrace, Row
from rnnviz.nets.answering.stories import unpack_stories
from rnnviz.nets.opened import by_request
from rnnviz.work.jobs import alignments as translators
from rnnviz.work.jobs import cells, unroll
from rnnviz.work.jobs import gradients as back
from rnnviz.work.jobs.cells import Written
from rnnviz.work.jobs.models import ModelOpened, OpenModel
from rnnviz.work.messages import Context, Tasks
from tests.core.recordings.recordings import nothing_predicted
from tests.session.alignments import translating

VOCABULARY = tuple('\n "abcdefghijklmnopqrstuvwxyz')
SHAPES = {"m0": (2, 3), "m1": (3, 2), "m2": (2, 3), "m3": (1, 5)}
"""Layers and units of the models, by the names of their files."""
_BLOCK = 7


def code(*whose: object) -> int:
    """A number that float16 holds exactly, for what an answer is about."""
    return zlib.crc32("|".join(map(str, whose)).encode()) % 2000


def open_model(request: OpenModel, context: Context[None]) -> ModelOpened:
    """A model by the name of its file: `m0` and so on, `t…` translates, anything else is none."""
    path = Path(request.model.path)
    context.progress(0, 1)
    if path.stem.startswith("t"):
        found = translating.opened(str(path), name=path.stem)
        return msgspec.structs.replace(found, digest=model_digest(path, None))
    if path.stem not in SHAPES:
        raise ModelFileError(f"{path.name} is no model")
    layers, units = SHAPES[path.stem]
    return ModelOpened(
        path=str(path),
        digest=model_digest(path, None),
        kind="language-model",
        description={
            "architecture": "lstm",
            "layers": layers,
            "units": units,
            "vocabulary": VOCABULARY,
            "name": path.stem,
        },
        format_title="rnnviz model",
        parameters=100,
        channels=("hidden", "cell"),
    )


def walk(request: cells.Walk, context: Context[cells.Walked]) -> cells.Walked:
    """Every value is `code(model, text)`; what was left goes on."""
    text, folder, path = request.text.read(), Path(request.folder), request.model.path
    layers, units = SHAPES.get(Path(path).stem, (2, 3))  # also the checkpoints of a run
    groups, known = layers_of(layers, units, request.channels), VOCABULARY

    def waiting() -> None:
        context.progress(0, len(text))

    with writing(folder, waiting):
        begin = 0
        if (folder / "recording.json").exists():
            begin = Recording(folder).walked
        writer = RecordingWriter(
            folder,
            text,
            groups,
            Next(),
            known,
            model_name=Path(path).stem,
            model_path=path,
            again=begin > 0,
        )
        value = code(path, text)
        for start in range(begin, len(text), _BLOCK):
            size = min(_BLOCK, len(text) - start)
            rows = np.full((layers * units, size), value)
            channels = dict.fromkeys(request.channels, rows)
            writer.write(start, channels, nothing_predicted(size))
            context.progress(start + size, len(text), cells.Walked(start + size))
    return cells.Walked(len(text))


def _of(folder: str) -> tuple[Recording, str, str]:
    recording = Recording(Path(folder))
    return recording, recording.description.model_path, str(recording.text)


def label(request: cells.Label, context: Context[None]) -> cells.Labelled:
    """Every label is `code(text, concept)`."""
    recording, _, text = _of(request.folder)
    name = concept_from(request.concept).name
    context.progress(0, 1)
    path = recording.folder / f"labels-{name}.npy"
    np.save(path, np.full(len(text), code(text, name), np.float32))
    return cells.Labelled(str(path), f"read by {name}")


def rank(request: cells.Rank, context: Context[None]) -> Written:
    """A ranking without units; `code(model, text, concept)` is its number of characters."""
    recording, model, text = _of(request.folder)
    name = concept_from(request.concept).name
    context.progress(0, 1)
    path = recording.folder / f"ranking-{name}.json"
    found = Ranking(
        concept=name,
        title=name,
        scalar=False,
        positive_from=1,
        base_rate=0.5,
        null_correlation=0,
        null_auc=0.5,
        characters=code(model, text, name),
        scores=(),
    )
    write_ranking(found, path)
    return Written(str(path))


def unit_page(request: cells.ReadUnitPage, context: Context[None]) -> UnitPage:
    """A page without anything; its number of characters says whose it is."""
    _, model, text = _of(request.folder)
    context.progress(0, 1)
    return UnitPage(
        channel=request.channel,
        unit=request.unit,
        characters=code(model, text, request.channel, request.unit),
        highest=(),
        lowest=(),
        low=0,
        high=1,
        histogram=(),
        mean=0,
        deviation=1,
        quantiles=(),
        saturation=(),
    )


def pattern(request: cells.FindPattern, context: Context[None]) -> cells.Pattern:
    """No units; where they would be says whose they are."""
    _, model, text = _of(request.folder)
    context.progress(0, 1)
    whose = code(model, text, request.channel, request.start, request.stop)
    return cells.Pattern((), (Place(whose, whose + 1, 1.0),))


def find_worst(request: cells.FindWorst, context: Context[None]) -> cells.WorstPassages:
    """One passage; where it begins says whose it is."""
    _, model, text = _of(request.folder)
    context.progress(0, 1)
    whose = code(model, text)
    return cells.WorstPassages((Passage(whose, whose + 1, 1.0),))


def order(request: cells.OrderUnits, context: Context[None]) -> cells.Ordered:
    """An order of one: `code(model, text, channel)`."""
    _, model, text = _of(request.folder)
    context.progress(0, 1)
    return cells.Ordered((code(model, text, request.channel),))


def find(request: cells.Find, context: Context[None]) -> cells.Spans:
    """One match, at `code(text, pattern)`."""
    _, _, text = _of(request.folder)
    context.progress(0, 1)
    place = code(text, request.pattern)
    return cells.Spans(((place, place + 1),))


def sample(request: cells.Sample, context: Context[cells.Sampled]) -> cells.Sampled:
    """The name of the model, letter by letter."""
    name = Path(request.model.path).stem
    for length in range(1, len(name) + 1):
        context.progress(length, len(name), cells.Sampled(name[:length]))
    return cells.Sampled(name)


def compute_field(request: back.ComputeField, context: Context[back.FieldPart]) -> Written:
    """A field of one loss that says of which model, text and start it is."""
    text = request.text.read()
    context.progress(0, 1)
    facts = FieldFacts(
        model_name="",
        model_path=request.model.path,
        architecture="lstm",
        text_name=str(code(text)),
        layers=1,
        units=1,
        states=("hidden",),
        start=request.start,
    )
    arrays: dict[str, Any] = {
        "places": np.arange(3),
        "targets": np.arange(1, 2),
        "losses": np.ones(1, np.float32),
        "hidden": np.ones((1, 1, 2), np.float32),
        "hidden-sum": np.ones((1, 2), np.float32),
        "inputs": np.ones((1, 2), np.float32),
        "products": np.ones((1, 2), np.float32),
    }
    path = Path(request.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_field(path, GradientField(facts, arrays))
    return Written(str(path))


def recurrent_matrices(request: back.RecurrentMatrices, context: Context[None]) -> Written:
    """One matrix, of gate `code(model)`."""
    context.progress(0, 1)
    path = Path(request.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    facts = MatrixFacts(0, str(code(request.model.path)), ((1.0, 0.0),), (1.0,))
    path.write_bytes(msgspec.json.encode([facts]))
    return Written(str(path))


def clipping(request: back.Clipping, context: Context[None]) -> back.StepClipped:
    """A step of nothing; where it starts says whose it is."""
    text = request.text.read()
    context.progress(0, 1)
    nothing = back.Clipped(0, 0, 0, 0, 0, 0, 0)
    whose = code(request.model.path, text, request.start)
    return back.StepClipped(1.0, 1.0, nothing, {}, (), whose)


def truncation(request: back.Truncation, context: Context[None]) -> back.Comparison:
    """A measure of nothing; its number of steps says whose it is."""
    text = request.text.read()
    context.progress(0, 1)
    nothing = back.Measured(request.chunk, 0, 0, 0, 0)
    whose = code(request.model.path, text, request.chunk)
    return back.Comparison(whose, False, nothing, nothing, 0, {})


def translate(
    request: translators.Translate, context: Context[translators.TokensSoFar]
) -> translators.Translated:
    """What the words of the list give, the first one the name of the model."""
    decoded = translating.translate(request, context).decoded
    name = Path(request.model.path).stem
    decoded = replace(decoded, target=(name, *decoded.target[1:]), text=name)
    return translators.Translated(decoded=decoded)


def nearest_words(
    request: translators.NearestWords, context: Context[None]
) -> translators.WordsNear:
    """One word: the name of the model."""
    context.progress(0, 1)
    near = translators.Near(Path(request.model.path).stem, 1.0)
    return translators.WordsNear(request.word, (near,))


def translate_corpus(
    request: translators.TranslateCorpus, context: Context[None]
) -> translators.CorpusTranslated:
    """One row, its translation the name of the model."""
    context.progress(0, 1)
    path = Path(request.folder) / "corpus.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    row = translators.CorpusRow("le", Path(request.model.path).stem)
    path.write_bytes(msgspec.json.encode([row]))
    return translators.CorpusTranslated(str(path), 1)


def links_of(model: str, pairs: str, direction: str, threshold: float) -> list[frozenset[Any]]:
    """Hard links that differ with every question about them."""
    whose = code(model, pairs, direction, threshold)
    return [frozenset((0, place) for place in range(8) if whose >> place & 1)]


def align_corpus(
    request: translators.AlignCorpus, context: Context[None]
) -> translators.CorpusAligned:
    """`links_of` what was asked."""
    context.progress(0, 1)
    path = Path(request.folder) / "links.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    asked = request.pairs[0], request.direction, request.threshold
    write_links(path, links_of(request.model.path, *asked))
    return translators.CorpusAligned(str(path), 1, 1.0, str(path))


def walk_translation(
    request: translators.WalkTranslation, context: Context[None]
) -> translators.TranslationWalked:
    """A recording of three characters and two units."""
    folder, path = Path(request.folder), request.model.path
    text = Text.of("abc", "units")
    groups = layers_of(1, 2, ("hidden",))
    writer = RecordingWriter(folder, text, groups, Next(), VOCABULARY, model_path=path)
    rows = np.full((2, 3), code(path, text))
    writer.write(0, {"hidden": rows}, nothing_predicted(3))
    return translators.TranslationWalked(str(folder), 3)


def unroll_model(request: unroll.UnrollModel, context: Context[None]) -> unroll.ModelUnrolled:
    """One step of one unit, whose value is `code(model, text)`; its number is the place."""
    _, model, text = _of(request.folder)
    context.progress(0, 1)
    about = ModelSteps(
        model=model,
        text=text,
        rows=(
            Row(
                name="1", title="layer 1", architecture="lstm", units=1, given=1,
                channels=("hidden",), states=("hidden",),
            ),
        ),
        says="next",
        outputs=("a",),
        symbols=("a",),
        steps=(request.at,),
        came=("",),
    )  # fmt: skip
    arrays = {
        "front": np.zeros((1, 1)),
        "0/hidden": np.full((2, 1), float(code(model, text))),
        "said": np.ones((1, 1)),
        "said_ids": np.zeros((1, 1)),
        "came_p": np.full(1, np.nan),
    }
    path = Path(request.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    ModelTrace(about, arrays).save(path)
    return unroll.ModelUnrolled(request.path)


TASKS: Tasks = by_request(
    unpack_stories,
    unroll_model,
    open_model,
    walk,
    label,
    rank,
    unit_page,
    pattern,
    find_worst,
    order,
    find,
    sample,
    compute_field,
    recurrent_matrices,
    clipping,
    truncation,
    translate,
    nearest_words,
    translate_corpus,
    align_corpus,
    walk_translation,
)
