"""The panels of the Gradients workspace, as they are laid out; adding one is one line here."""

from rnnviz.views.panel import Panel
from rnnviz.views.panels.gradients.clipping import ClippingPanel
from rnnviz.views.panels.gradients.heatmap import GradientHeatmapPanel
from rnnviz.views.panels.gradients.inputs import InputsPanel
from rnnviz.views.panels.gradients.matrix import MatrixPanel
from rnnviz.views.panels.gradients.memory import MemoryPanel
from rnnviz.views.panels.gradients.truncation import TruncationPanel

PANELS: tuple[type[Panel], ...] = (
    InputsPanel,
    MatrixPanel,
    ClippingPanel,
    TruncationPanel,
    MemoryPanel,
    GradientHeatmapPanel,
)
