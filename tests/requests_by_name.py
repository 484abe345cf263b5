"""Every request of `work.jobs` by the name of its task, so that a test's engine may be keywords."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from rnnviz.work.jobs import alignments, cells, gradients, interventions, models, training
from rnnviz.work.messages import Request, Task, Tasks

REQUESTS: Mapping[str, type[Request[Any, Any]]] = {
    found.task(): found
    for module in (alignments, cells, gradients, interventions, models, training)
    for _, found in inspect.getmembers(module, inspect.isclass)
    if issubclass(found, Request) and found is not Request
}


def by_request(**tasks: Task) -> Tasks:
    """Tasks by the type of what they are asked."""
    return {REQUESTS[name]: task for name, task in tasks.items()}
