"""The three tables of kinds of model, against each other: what is missing in one is named."""

import pytest

from rnnviz.core.errors import ModelFileError
from rnnviz.core.kinds import KINDS, able_to, kind_named, kind_of_task, require
from rnnviz.nets.kinds import NETWORK_KINDS
from rnnviz.nets.training_tasks import TRAINING_TASKS
from rnnviz.views.kinds import KIND_VIEWS
from rnnviz.views.window.workspaces import WORKSPACES

OPENED = [kind for kind in KINDS if kind.jobs]
KEYS = [kind.key for kind in OPENED]


def test_every_kind_is_in_all_three_tables_and_nothing_else_is():
    assert len({kind.key for kind in KINDS}) == len(KINDS)
    for table in (NETWORK_KINDS, KIND_VIEWS):
        registered = [kind.key for kind in table]
        missing, foreign = set(KEYS) - set(registered), set(registered) - set(KEYS)
        where = type(table[0]).__name__
        assert not missing, f"not registered among {where}: {missing}"
        assert not foreign, f"registered among {where} without facts in core: {foreign}"
        assert len(registered) == len(KEYS)


def test_no_task_of_a_description_is_of_two_kinds():
    tasks = [task for kind in KINDS for task in kind.tasks]
    assert len(set(tasks)) == len(tasks)
    assert all(kind_of_task(task) is kind for kind in KINDS for task in kind.tasks)


@pytest.mark.parametrize("kind", NETWORK_KINDS, ids=lambda kind: kind.key)
def test_nets_has_a_function_for_every_job_and_no_other(kind):
    asked = {request.task() for request in kind.jobs()}
    assert asked == set(kind_named(kind.key).jobs)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.key)
def test_its_workspace_and_its_training_task_exist(kind):
    assert kind.workspace in {workspace.name for workspace in WORKSPACES}
    assert kind.training_task in {task.name for task in TRAINING_TASKS}


@pytest.mark.parametrize("view", KIND_VIEWS, ids=lambda view: view.key)
def test_its_icon_and_its_panels_exist(view, qapp):
    from rnnviz.views.shared.theme import icon

    assert not icon(view.icon).isNull()
    named = kind_named(view.key).workspace
    workspace = next(one for one in WORKSPACES if one.name == named)
    known = {panel.name for panel in workspace.panel_types}
    assert set(view.panels) <= known


def test_a_kind_that_cannot_be_asked_is_told_with_one_that_can():
    with pytest.raises(ModelFileError) as refused:
        require(kind_named("language-model"), "translate", "novel.pt")
    said = str(refused.value)
    assert said.startswith("novel.pt is a language model, which continues texts")
    assert said.endswith("; choose a translation model")
    assert able_to("walk").startswith("a language model")
