"""Every workspace, in the order of its tab; adding one is one line here."""

from rnnviz.views.alignments.workspace import AlignmentsWorkspace
from rnnviz.views.cells.workspace import CellsWorkspace
from rnnviz.views.gradients.workspace import GradientsWorkspace
from rnnviz.views.shared.workspace import Workspace
from rnnviz.views.training.workspace import TrainingWorkspace
from rnnviz.views.unroll.workspace import UnrollWorkspace

WORKSPACES: tuple[type[Workspace], ...] = (
    CellsWorkspace,
    AlignmentsWorkspace,
    GradientsWorkspace,
    TrainingWorkspace,
    UnrollWorkspace,
)
