"""A session on tasks that need no torch."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnnviz.core.recordings.description import Next
from rnnviz.core.recordings.groups import layers_of
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.session.session import Session
from rnnviz.work.jobs.cells import Labelled, Walked
from rnnviz.work.jobs.models import ModelOpened
from rnnviz.work.messages import Job, Listener
from tests.asking import PipedRunner
from tests.core.recordings.recordings import nothing_predicted
from tests.requests_by_name import by_request
from tests.session.in_folder import session_in

VOCABULARY = tuple('\n "abcdefghijklmnopqrstuvwxyz')


def open_model(request, context):
    return ModelOpened(
        path=request.model.path,
        kind="language-model",
        description={
            "architecture": "lstm",
            "layers": 2,
            "units": 3,
            "vocabulary": VOCABULARY,
            "name": Path(request.model.path).stem,
            "default_text": "b.txt",
            "findings": [{"channel": "cell", "layer": 1, "unit": 2, "concept": "inside-quotes"}],
        },
        format_title="rnnviz model",
        parameters=100,
        channels=("hidden", "cell"),
    )


def walk(request, context):
    text, path = request.text.read(), request.model.path
    writer = RecordingWriter(
        Path(request.folder),
        text,
        layers_of(2, 3, request.channels),
        Next(),
        VOCABULARY,
        model_name=Path(path).stem,
        model_path=path,
    )
    for start in range(0, len(text), 4):
        size = min(4, len(text) - start)
        writer.write(
            start,
            dict.fromkeys(request.channels, np.full((6, size), 0.5)),
            nothing_predicted(size),
        )
        context.progress(start + size, len(text), Walked(start + size))
    return Walked(len(text))


def label(request, context):
    path = Path(request.folder) / "labels.npy"
    np.save(path, np.zeros(3, bool))
    return Labelled(str(path), "It reads nothing.")


TASKS = {"open_model": open_model, "walk": walk, "label": label}


class CountingRunner(PipedRunner):
    """Remembers which tasks ran."""

    def __init__(self, tasks) -> None:
        super().__init__(tasks)
        self.ran: list[str] = []

    def start(self, job: Job, listener: Listener) -> None:
        self.ran.append(job.task)
        super().start(job, listener)


@pytest.fixture
def library_folder(tmp_path: Path) -> Path:
    texts = tmp_path / "resources" / "texts"
    texts.mkdir(parents=True)
    for name in ("a", "b"):
        (texts / f"{name}.txt").write_text(f'this is text {name} and "this" too\n' * 3)
    entry = '{{"file": "{0}.txt", "title": "{0}", "family": "prose", "licence": "", "source": ""}}'
    listed = ", ".join(entry.format(name) for name in ("a", "b"))
    (texts / "index.json").write_text(f"[{listed}]")
    (tmp_path / "models").mkdir()
    return tmp_path


@pytest.fixture
def make_session(library_folder: Path, qapp) -> Any:
    made: list[Session] = []

    def make(**tasks: Callable[..., Any]) -> Session:
        session = session_in(library_folder, CountingRunner(by_request(**{**TASKS, **tasks})))
        made.append(session)
        return session

    yield make
    for session in made:
        session.close()
