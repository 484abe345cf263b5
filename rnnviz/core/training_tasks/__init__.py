"""Every training task, as facts. To add one: a file, and its name below.

What a task does is registered under the same key in `nets.training_tasks`; the form of a new run
and the options of `rnnviz train` follow from what is here.
"""

from __future__ import annotations

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.kinds import KINDS, ModelKind
from rnnviz.core.training_tasks.characters import CHARACTERS
from rnnviz.core.training_tasks.classification import CLASSIFICATION
from rnnviz.core.training_tasks.memory import MEMORY
from rnnviz.core.training_tasks.numbers import NUMBERS
from rnnviz.core.training_tasks.tagging import TAGGING
from rnnviz.core.training_tasks.task import Data, Preset, Rough, TaskDescription
from rnnviz.core.training_tasks.translation import TRANSLATION
from rnnviz.core.training_tasks.words import WORDS

TASKS: tuple[TaskDescription, ...] = (
    CHARACTERS,
    WORDS,
    MEMORY,
    TRANSLATION,
    CLASSIFICATION,
    TAGGING,
    NUMBERS,
)
"""In the order in which the form offers them."""

__all__ = [
    "TASKS",
    "Data",
    "Preset",
    "Rough",
    "TaskDescription",
    "kind_trained_by",
    "loss_unit",
    "task_named",
]


def task_named(key: str) -> TaskDescription:
    """The task of this key.

    Raises:
        RunDirectoryError: there is none.
    """
    found = next((task for task in TASKS if task.key == key), None)
    if found is None:
        known = ", ".join(task.key for task in TASKS)
        raise RunDirectoryError(f"there is no training task {key!r}; there are {known}")
    return found


def loss_unit(key: object) -> str:
    """What a loss of this task is the mean over; empty where it is in no nats, or unknown.

    >>> loss_unit("translation"), loss_unit("memory"), loss_unit("own-loop")
    ('token', '', '')
    """
    return next((task.unit for task in TASKS if task.key == key), "")


def kind_trained_by(key: object) -> ModelKind | None:
    """The kind of model that this task makes; None for a task that is unknown here.

    >>> kind_trained_by("characters").key
    'language-model'
    """
    return next(
        (one for one in KINDS if key == one.training_task or key in one.also_trained_by), None
    )
