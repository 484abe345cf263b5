"""Tasks that come before any other: opening a model, its vocabulary, a text."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec

from rnnviz.core.errors import ModelFileError, RnnvizError
from rnnviz.core.sequences.texts.text_store import lay_out
from rnnviz.nets.alignments.networks.pair_file import described_pair
from rnnviz.nets.alignments.networks.pair_model import PairTranslator
from rnnviz.nets.alignments.networks.tutorial_model import TutorialTranslator
from rnnviz.nets.answering.shared.warm_models import warm_model
from rnnviz.nets.capturing.activation_files import record_activations
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.checkpoints.tensors_listed import list_tensors
from rnnviz.nets.checkpoints.vocabulary.guess import guess_vocabulary as guess
from rnnviz.nets.checkpoints.vocabulary.guess import judge_on
from rnnviz.nets.kinds import job_of, network_kind
from rnnviz.nets.language.model import count_parameters
from rnnviz.nets.opened import OpenedModel, by_request
from rnnviz.work.jobs.cells import CheckpointWalked, Walk, WalkCheckpoint, Walked
from rnnviz.work.jobs.given import ModelGiven
from rnnviz.work.jobs.models import (
    ConvertModel,
    Guess,
    GuessVocabulary,
    JudgeReadings,
    ListTensors,
    ModelConverted,
    ModelOpened,
    OpenModel,
    ReadingsJudged,
    ReadRecorded,
    ReadText,
    TensorsListed,
    TextLaidOut,
)
from rnnviz.work.messages import Context, Tasks


def open_model(request: OpenModel, context: Context[None]) -> ModelOpened:
    """Open a model, and keep it warm."""
    return opened_answer(request.model, warm_model(request.model))


def opened_answer(given: ModelGiven, opened: OpenedModel) -> ModelOpened:
    """What the window is told of an open model; what only its kind has stands beside the rest."""
    facts = network_kind(opened.kind).facts(opened)
    return ModelOpened(
        path=given.path,
        kind=opened.kind,
        description=facts.description or msgspec.to_builtins(opened.model.description),
        channels=facts.channels,
        states=facts.states,
        format_title=opened.format_title,
        parameters=count_parameters(opened.model),
        notes=opened.notes,
        vocabulary=given.vocabulary,
        reading=given.reading,
        digest=opened.digest,
    )


def walk_checkpoint(request: WalkCheckpoint, context: Context[Walked]) -> CheckpointWalked:
    """Open a model and walk the beginning of a text with every channel; other walks wait."""
    opened = warm_model(request.model)
    walk = job_of(opened, Walk, Path(request.model.path).name)
    found = opened_answer(request.model, opened)
    each = 2 * opened.model.description.total_units * len(found.channels)
    length = len(request.text.read())
    until = min(length, request.most, max(request.least, request.most_bytes // each))
    beginning = Walk(
        model=request.model,
        text=request.text,
        folder=request.folder,
        channels=found.channels,
        first=True,
        until=until,
    )
    walk(opened, beginning, context)
    return CheckpointWalked(found, until)


def guess_vocabulary(request: GuessVocabulary, context: Context[None]) -> Guess:
    """Possible vocabularies for a model from a file, best first."""
    text = Path(request.text) if request.text else None
    return guess(Path(request.path), Path(request.source), text, request.reading)


def convert_model(request: ConvertModel, context: Context[None]) -> ModelConverted:
    """Write a model as a file of ours: the weights that it computes with, and its description.

    Raises:
        ModelFileError: it cannot be opened, or the target cannot be written.
    """
    opened, target = warm_model(request.model), Path(request.target)
    source = Path(request.model.path)
    if target.resolve() == source.resolve():
        raise ModelFileError(f"{target.name} is the file that is converted; choose another name")
    try:
        about = None
        if isinstance(opened.model, TutorialTranslator | PairTranslator):
            about = described_pair(opened.model)
        save_model(target, opened.model, about, half=request.half)
    except OSError as error:
        raise ModelFileError(f"cannot write {target}: {error.strerror or error}") from error
    return ModelConverted(
        path=str(target), kind=opened.kind, size_bytes=target.stat().st_size, notes=opened.notes
    )


def inspect_file(request: ListTensors, context: Context[None]) -> TensorsListed:
    """What lies in a file of weights."""
    path = Path(request.path)
    try:
        return list_tensors(path)
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror or error}") from error


def judge_readings(request: JudgeReadings, context: Context[None]) -> ReadingsJudged:
    """The loss of each reading, with the symbols that the file names or the text suggests."""
    path, text = Path(request.path), Path(request.text)
    nats, uniform, problem = [], math.nan, ""
    for number in range(1, request.count + 1):
        try:
            found = judge_on(path, text, number, request.vocabulary)
            nats.append(found.candidates[0].loss_nats)
            uniform = found.uniform_nats
        except RnnvizError as error:
            nats.append(math.nan)
            problem = problem or str(error)
        context.progress(number, request.count)
    return ReadingsJudged(nats=tuple(nats), uniform_nats=uniform, problem=problem)


def read_text(request: ReadText, context: Context[None]) -> TextLaidOut:
    """Lay out a text file in a folder, for the window to map."""
    laid = lay_out(Path(request.path), Path(request.folder))
    return TextLaidOut(request.path, request.folder, laid.width, laid.how)


def read_recorded(request: ReadRecorded, context: Context[None]) -> TextLaidOut:
    """Write what another program recorded as a recording of ours."""
    record_activations(Path(request.path), Path(request.folder))
    return TextLaidOut(request.path, request.folder, 4)


TASKS: Tasks = by_request(
    read_recorded,
    open_model,
    walk_checkpoint,
    guess_vocabulary,
    convert_model,
    inspect_file,
    judge_readings,
    read_text,
)
