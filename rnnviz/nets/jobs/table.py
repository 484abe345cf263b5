"""Every task of the engine. Those about a model are asked of its kind: see `nets.kinds`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rnnviz.nets.jobs import cells, opening, training
from rnnviz.nets.jobs.warm_models import warm_model
from rnnviz.nets.kinds import NETWORK_KINDS, job_of
from rnnviz.work.messages import Context, Task


def _of_the_kind(job: str) -> Task:
    """The task that asks this of the model at `model`, whatever its kind."""

    def ask(arguments: Mapping[str, Any], context: Context) -> dict[str, Any]:
        path = arguments["model"]
        opened = warm_model(path, arguments)
        return job_of(opened, job, Path(path).name)(opened, arguments, context)

    return ask


TASKS: dict[str, Task] = {
    **opening.TASKS,
    **cells.TASKS,
    **training.TASKS,
    **{job: _of_the_kind(job) for kind in NETWORK_KINDS for job in kind.jobs},
}
