"""The panels of the Gradients workspace, as they are laid out; adding one is one line here."""

from rnnviz.views.gradients.panels.clipping import ClippingPanel
from rnnviz.views.gradients.panels.heatmap import GradientHeatmapPanel
from rnnviz.views.gradients.panels.inputs import InputsPanel
from rnnviz.views.gradients.panels.matrix import MatrixPanel
from rnnviz.views.gradients.panels.memory import MemoryPanel
from rnnviz.views.gradients.panels.truncation import TruncationPanel
from rnnviz.views.shared.panel import Panel

PANELS: tuple[type[Panel], ...] = (
    InputsPanel,
    MatrixPanel,
    ClippingPanel,
    TruncationPanel,
    MemoryPanel,
    GradientHeatmapPanel,
)
