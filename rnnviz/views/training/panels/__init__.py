"""The panels of the Training workspace, in the order in which they are laid out."""

from rnnviz.views.shared.panel import Panel
from rnnviz.views.training.panels.checkpoints import CheckpointsPanel
from rnnviz.views.training.panels.curves import CurvesPanel
from rnnviz.views.training.panels.histograms import HistogramsPanel
from rnnviz.views.training.panels.norms import NormsPanel
from rnnviz.views.training.panels.parameters import ParametersPanel
from rnnviz.views.training.panels.samples import SamplesPanel
from rnnviz.views.training.panels.settings import SettingsPanel
from rnnviz.views.training.panels.time_steps import TimeStepsPanel

PANELS: tuple[type[Panel], ...] = (
    CurvesPanel,
    SamplesPanel,
    CheckpointsPanel,
    SettingsPanel,
    NormsPanel,
    TimeStepsPanel,
    ParametersPanel,
    HistogramsPanel,
)
