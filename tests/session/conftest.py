"""A session on tasks that need no torch."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QSettings

from rnnviz.core.recordings.description import Next
from rnnviz.core.recordings.groups import layers_of
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.core.sequences.text import Text
from rnnviz.session.session import Session
from rnnviz.work.messages import Job, Listener
from rnnviz.work.runner import InlineRunner
from tests.core.recordings.recordings import nothing_predicted

VOCABULARY = tuple('\n "abcdefghijklmnopqrstuvwxyz')


def open_model(arguments, context):
    return {
        "path": arguments["path"],
        "kind": "language-model",
        "description": {
            "architecture": "lstm",
            "layers": 2,
            "units": 3,
            "vocabulary": VOCABULARY,
            "name": Path(arguments["path"]).stem,
            "default_text": "b.txt",
            "findings": [{"channel": "cell", "layer": 1, "unit": 2, "concept": "inside-quotes"}],
        },
        "format_title": "rnnviz model",
        "parameters": 100,
        "channels": ["hidden", "cell"],
    }


def walk(arguments, context):
    text = (
        Text.read(Path(arguments["text_path"]))
        if "text_path" in arguments
        else Text.of(arguments["text"], arguments["text_name"])
    )
    writer = RecordingWriter(
        Path(arguments["folder"]),
        text,
        layers_of(2, 3, arguments["channels"]),
        Next(),
        VOCABULARY,
        model_name=Path(arguments["model"]).stem,
        model_path=arguments["model"],
    )
    for start in range(0, len(text), 4):
        size = min(4, len(text) - start)
        writer.write(
            start,
            dict.fromkeys(arguments["channels"], np.full((6, size), 0.5)),
            nothing_predicted(size),
        )
        context.progress(start + size, len(text), walked=start + size)
    return {"folder": arguments["folder"], "characters": len(text)}


def label(arguments, context):
    path = Path(arguments["folder"]) / "labels.npy"
    np.save(path, np.zeros(3, bool))
    return {"path": str(path)}


TASKS = {"open_model": open_model, "walk": walk, "label": label}


class CountingRunner(InlineRunner):
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
        session = Session(
            CountingRunner({**TASKS, **tasks}),
            QSettings(str(library_folder / "settings.ini"), QSettings.Format.IniFormat),
            cache=library_folder / "cache",
            data=library_folder / "data",
            models=library_folder / "models",
            resources=library_folder / "resources",
        )
        made.append(session)
        return session

    yield make
    for session in made:
        session.close()
