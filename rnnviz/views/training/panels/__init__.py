"""The panels of the Training workspace, in the order in which they are laid out."""

from rnnviz.views.panel import Panel
from rnnviz.views.panels.training.curves import CurvesPanel
from rnnviz.views.panels.training.norms import NormsPanel
from rnnviz.views.panels.training.parameters import ParametersPanel
from rnnviz.views.panels.training.samples import SamplesPanel
from rnnviz.views.panels.training.stages import StagesPanel
from rnnviz.views.panels.training.time_steps import TimeStepsPanel

PANELS: tuple[type[Panel], ...] = (
    CurvesPanel,
    SamplesPanel,
    StagesPanel,
    NormsPanel,
    TimeStepsPanel,
    ParametersPanel,
)
