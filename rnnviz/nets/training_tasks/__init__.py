"""What can be learned: a class for each task, which the one loop of `nets.training` asks.

To add a task: its class, its name below, and its facts in `core.training_tasks` under the same key.
"""

from __future__ import annotations

from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.training_tasks import task_named
from rnnviz.nets.training_tasks.characters import CharacterTask
from rnnviz.nets.training_tasks.classification import ClassificationTask
from rnnviz.nets.training_tasks.memory import MemoryTask
from rnnviz.nets.training_tasks.numbers import NumbersTask
from rnnviz.nets.training_tasks.tagging import TaggingTask
from rnnviz.nets.training_tasks.task import ALL, Share, TrainingTask
from rnnviz.nets.training_tasks.translation import TranslationTask
from rnnviz.nets.training_tasks.words import WordTask

TRAINING_TASKS: tuple[type[TrainingTask], ...] = (
    CharacterTask,
    WordTask,
    MemoryTask,
    TranslationTask,
    ClassificationTask,
    TaggingTask,
    NumbersTask,
)


def training_task(config: TrainingConfig, share: Share = ALL) -> TrainingTask:
    """What this configuration wants learned, with its data read and its model made.

    Raises:
        RunDirectoryError: there is no such task.
        RnnvizError: the data or the settings do not allow it.
    """
    key = task_named(config.task).key
    return next(task for task in TRAINING_TASKS if task.name == key).from_config(config, share)
