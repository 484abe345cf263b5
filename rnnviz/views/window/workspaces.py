"""Every workspace, in the order of its tab; adding one is one line here."""

from rnnviz.views.workspace import Workspace
from rnnviz.views.workspaces.alignments import AlignmentsWorkspace
from rnnviz.views.workspaces.cells import CellsWorkspace
from rnnviz.views.workspaces.gradients import GradientsWorkspace
from rnnviz.views.workspaces.training import TrainingWorkspace

WORKSPACES: tuple[type[Workspace], ...] = (
    CellsWorkspace,
    AlignmentsWorkspace,
    GradientsWorkspace,
    TrainingWorkspace,
)
