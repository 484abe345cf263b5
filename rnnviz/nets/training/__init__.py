"""Training: one loop for everything that can be learned; adding a task is one line here."""

from __future__ import annotations

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.runs.config import TrainingConfig
from rnnviz.nets.training.characters import CharacterTask
from rnnviz.nets.training.memory_tasks import MemoryTask
from rnnviz.nets.training.task import ALL, Share, TrainingTask
from rnnviz.nets.training.translation import TranslationTask

TRAINING_TASKS: tuple[type[TrainingTask], ...] = (CharacterTask, MemoryTask, TranslationTask)


def training_task(config: TrainingConfig, share: Share = ALL) -> TrainingTask:
    """What this configuration wants learned, with its data read and its model made.

    Raises:
        RunDirectoryError: there is no such task.
        RnnvizError: the data or the settings do not allow it.
    """
    for task in TRAINING_TASKS:
        if task.name == config.task:
            return task.from_config(config, share)
    known = ", ".join(task.name for task in TRAINING_TASKS)
    raise RunDirectoryError(f"there is no training task {config.task!r}; there are {known}")
