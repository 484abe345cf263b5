"""Every task of the engine. Those about a model are asked of its kind: see `nets.kinds`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rnnviz.nets.answering import cells, findings, models, stories, training, unroll
from rnnviz.nets.answering.shared.warm_models import warm_model
from rnnviz.nets.kinds import NETWORK_KINDS, job_of
from rnnviz.work.messages import Context, Tasks


def _ask_the_kind(request: Any, context: Context[Any]) -> Any:
    """Ask this of the model that the request names, whatever its kind."""
    opened = warm_model(request.model)
    return job_of(opened, type(request), Path(request.model.path).name)(opened, request, context)


TASKS: Tasks = {
    **models.TASKS,
    **cells.TASKS,
    **training.TASKS,
    **findings.TASKS,
    **stories.TASKS,
    **unroll.TASKS,
    **{request: _ask_the_kind for kind in NETWORK_KINDS for request in kind.jobs()},
}
