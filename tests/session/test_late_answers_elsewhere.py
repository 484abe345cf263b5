"""An old answer is never seen under a new name: classifiers, symbols, changed units, checkpoints.

What is asked of language models and translators is in `test_late_answers.py`.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QSettings

from rnnviz.core.cells.intervention import Ablation, Effect
from rnnviz.core.cells.symbol_vectors import write_vectors
from rnnviz.core.concepts import spec_of
from rnnviz.core.errors import RnnvizError
from rnnviz.core.models.network import (
    Head,
    LayerDescription,
    NetworkDescription,
    OneHot,
    Readout,
    SequenceDescription,
    Symbols,
)
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.scoring import Ranking, write_ranking
from rnnviz.core.system.identity import model_digest
from rnnviz.nets.opened import by_request
from rnnviz.session.session import Session
from rnnviz.work.jobs import cells, classification, interventions
from rnnviz.work.jobs.models import ModelOpened, OpenModel
from rnnviz.work.jobs.symbols import FindVectors, VectorsFound
from rnnviz.work.messages import Context, Tasks
from tests.core.runs.made import finished_run
from tests.late_runner import LateRunner
from tests.session import answering
from tests.session.answering import VOCABULARY, code

ORDERS, PARTS = int(os.environ.get("ORDERS", "60")), 2
"""The environment asks for more. It goes on until everything was shown and run."""
SHOWN = {"explained", "vectors", "stage", "scores"}
RUN = {"explain_verdict", "find_vectors", "ablate", "walk", "rank"}
CONCEPTS = ("inside-quotes", "mine", None)
PATTERNS = ("a", "text", "some")
"""What the concept called `mine` is, in turn."""
STEMS = ("m0", "m1", "c0", "c1", "c2")


def open_model(request: OpenModel, context: Context[None]) -> ModelOpened:
    """`c…` are classifiers or, with an even number, taggers."""
    path = Path(request.model.path)
    if not path.stem.startswith("c"):
        return answering.open_model(request, context)
    context.progress(0, 1)
    each = path.stem == "c0"
    network = NetworkDescription(
        reads=Symbols(vocabulary=VOCABULARY),
        front=OneHot(),
        layers=tuple(LayerDescription(architecture="lstm", units=3) for _ in range(2)),
        readout=Readout(kind="every" if each else "last"),
        head=Head(outputs=("down", "up"), gives="softmax"),
    )
    about = SequenceDescription(task="classification", network=network, name=path.stem)
    return ModelOpened(
        path=str(path),
        digest=model_digest(path, None),
        kind="tagger" if each else "classifier",
        description=msgspec.to_builtins(about),
        format_title="rnnviz model",
        parameters=100,
        channels=("hidden", "cell"),
    )


def explain(
    request: classification.ExplainVerdict, context: Context[None]
) -> classification.Explained:
    """Log-odds that say of which model, text and document they are."""
    context.progress(0, 1)
    whose = code(request.model.path, request.text.read(), request.document)
    return classification.Explained(
        of_class="up", log_odds=float(whose), zero_log_odds=0.0, spans=((0, 1),),
        gradient_x_input=(0.0,), integrated_gradients=(0.0,), left_out=(0.0,), attention=None,
        running=(0.5,),
    )  # fmt: skip


def rank(request: cells.Rank, context: Context[None]) -> cells.Written:
    """A ranking whose number of characters says of which model, text and concept it is."""
    recording = Recording(Path(request.folder))
    context.progress(0, 1)
    path = recording.folder / "ranking.json"
    about = recording.description.model_path, str(recording.text), str(request.concept)
    found = Ranking(
        concept="", title="", scalar=False, positive_from=1, base_rate=0.5, null_correlation=0,
        null_auc=0.5, characters=code(*about), scores=(),
    )  # fmt: skip
    write_ranking(found, path)
    return cells.Written(str(path))


def find_vectors(request: FindVectors, context: Context[None]) -> VectorsFound:
    """Vectors of two symbols, each the number of the model."""
    context.progress(0, 1)
    whose = code(request.model.path)
    vectors = np.array([[whose, 0], [whose, 1]], np.float32)
    path = Path(request.path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_vectors(path, vectors)
    return VectorsFound(str(path), ("a", "b"), "embedding")


def ablate(
    request: interventions.Ablate, context: Context[interventions.Ablated]
) -> interventions.Ablated:
    """A loss that says of which model, text, unit and concept it is."""
    concept = None if request.concept is None else str(request.concept)
    whose = code(request.model.path, request.text.read(), request.intervention, concept)
    found = interventions.Ablated(
        ablation=Ablation(
            intervention=request.intervention, predictions=1, on=0, plain=Effect(float(whose)),
            changed=Effect(float(whose)), others=(), other_units=(),
        )
    )  # fmt: skip
    context.progress(0, 1, found)
    return found


TASKS: Tasks = {
    **answering.TASKS,
    **by_request(open_model, rank, explain, find_vectors, ablate),
}


@pytest.fixture
def world(tmp_path: Path) -> Path:
    for stem in STEMS:
        (tmp_path / f"{stem}.safetensors").write_bytes(b"\x10\0\0\0\0\0\0\0{}" + stem.encode())
    for place in range(3):
        (tmp_path / f"text{place}.txt").write_text(f'text {"abc"[place]} and "some" words\n' * 2)
    for name in ("run0", "run1"):
        finished_run(tmp_path / name, layers=2, units=3)
    return tmp_path


@pytest.fixture
def late(
    world: Path, qapp: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[bool], tuple[Session, LateRunner]]]:
    """Makes sessions whose answers come when the test says."""
    made: list[Session] = []

    def make(heeds: bool) -> tuple[Session, LateRunner]:
        runner = LateRunner(TASKS, heeds=heeds)
        session = Session(
            runner,
            QSettings(str(world / "settings.ini"), QSettings.Format.IniFormat),
            cache=world / "cache",
            data=world / "data",
            models=world / "models",
            resources=world / "resources",
        )
        made.append(session)
        return session, runner

    yield make
    for session in made:
        session.close()


def check(session: Session) -> None:
    """Whatever is shown belongs to what is open."""
    recordings, explained = session.recordings, session.verdicts.explained
    if explained is not None:
        assert recordings.recording is not None
        about = recordings.recording
        path, text = about.description.model_path, str(about.text)
        assert explained.log_odds == code(path, text, session.verdicts.document)
        if recordings.model is not None:
            assert path == recordings.model.path
    vectors = session.symbols.vectors
    if vectors is not None:
        assert recordings.model is not None
        assert vectors.vectors[0, 0] == code(recordings.model.path)
    check_changed(session)
    check_stages(session)


def shown(session: Session) -> set[str]:
    """What of all this is on the screen."""
    walks = session.checkpoint_walks
    seen = {
        "explained": session.verdicts.explained,
        "vectors": session.symbols.vectors,
        "stage": walks.recording,
        "scores": walks.history(),
    }
    return {name for name, one in seen.items() if one}


def check_changed(session: Session) -> None:
    recordings, changed = session.recordings, session.interventions
    one = changed.intervention("cut", 0.0)
    answer = None if one is None else changed.answer(one)
    if answer is not None:
        assert recordings.model is not None and recordings.text is not None
        name = session.selection.concept
        concept = None if name is None else session.rankings.concept(name)
        spec = None if concept is None else str(spec_of(concept))
        text = recordings.text.slice(0, 2000)
        whose = code(recordings.model.path, text, answer.ablation.intervention, spec)
        assert answer.ablation.intervention == one
        assert answer.ablation.plain.loss == whose


def check_stages(session: Session) -> None:
    walks = session.checkpoint_walks
    stage = walks.stage
    if stage is None:
        return
    recording = walks.recording
    if recording is not None:
        text = str(walks.text)
        assert recording.description.model_path == str(stage.path)
        assert str(recording.text) == text
        values = set(recording.rows("hidden")[:, : recording.walked].ravel().tolist())
        assert values <= {code(str(stage.path), text)}
    concept = session.rankings.concept(session.selection.concept or "")
    for stage in walks.stages:
        score = walks.score(stage)
        if score is not None:
            assert concept is not None
            spec = str(spec_of(concept))
            assert score.characters == code(str(stage.path), str(walks.text), spec)


def watch(session: Session, world: Path, random: Random) -> None:
    session.runs.open(world / random.choice(("run0", "run1")))
    session.runs.poll()


def change(session: Session, world: Path, random: Random) -> None:
    one = session.interventions.intervention("cut", 0.0)
    if one is not None:
        session.interventions.request(one)


def opened_model(session: Session, world: Path, random: Random) -> None:
    session.open_path(world / f"{random.choice(STEMS)}.safetensors")


def opened_text(session: Session, world: Path, random: Random) -> None:
    session.open_path(world / f"text{random.randrange(3)}.txt")


def define(session: Session, world: Path, random: Random) -> None:
    """Give the name of a concept to another one."""
    session.rankings.add(
        {"kind": "regular-expression", "name": "mine", "pattern": random.choice(PATTERNS)}
    )


Act = Callable[[Session, Path, Random], Any]
ACTS: tuple[Act, ...] = (
    opened_model,
    opened_model,
    opened_text,
    opened_text,
    watch,
    change,
    define,
    lambda s, w, r: s.recordings.type_text("typed" * r.randrange(1, 3)),
    lambda s, w, r: s.verdicts.request(),
    lambda s, w, r: s.symbols.want(),
    lambda s, w, r: s.symbols.find("a"),
    lambda s, w, r: s.selection.set_cursor(r.randrange(9)),
    lambda s, w, r: s.selection.select_unit(r.randrange(6), "hidden"),
    lambda s, w, r: s.selection.set_concept(r.choice(CONCEPTS)),
    lambda s, w, r: s.checkpoint_walks.request(),
    lambda s, w, r: s.checkpoint_walks.request(),
    lambda s, w, r: s.checkpoint_walks.sweep(),
    lambda s, w, r: s.checkpoint_walks.choose(r.randrange(6)),
    lambda s, w, r: s.checkpoint_walks.set_unit(r.randrange(6), r.choice(("hidden", "cell"))),
)


@pytest.mark.parametrize("part", range(PARTS))
def test_whatever_is_shown_carries_what_is_open(
    part: int, late: Callable[[bool], tuple[Session, LateRunner]], world: Path
) -> None:
    """Random orders of open, switch, ask, and of answers that come late, or never."""
    session, runner = late(bool(part % 2))
    known = set[str]()
    for order in range(20 * ORDERS):
        if order >= ORDERS // PARTS and known == SHOWN and set(runner.ran) >= RUN:
            return
        random = Random(f"{part}, {order}")
        for _ in range(random.randrange(3, 9)):
            with contextlib.suppress(RnnvizError):  # what was open stays
                random.choice(ACTS)(session, world, random)
            check(session)
            for _ in range(random.randrange(6)):
                runner.anything(random)
                check(session)
                known |= shown(session)
        if random.random() < 0.3:
            runner.finish()
            check(session)
            assert not session.jobs.running
    pytest.fail(f"shown was only {known}, run only {runner.ran}")
