"""The panels of the Cells workspace, as they are laid out; adding one is one line here."""

from rnnviz.views.panel import Panel
from rnnviz.views.panels.cells.heatmap import HeatmapPanel
from rnnviz.views.panels.cells.pattern import PatternPanel
from rnnviz.views.panels.cells.ranking import RankingPanel
from rnnviz.views.panels.cells.sample import SamplePanel
from rnnviz.views.panels.cells.saturation import SaturationPanel
from rnnviz.views.panels.cells.scatter import ScatterPanel
from rnnviz.views.panels.cells.trace import TracePanel
from rnnviz.views.panels.cells.unit_page import UnitPagePanel

PANELS: tuple[type[Panel], ...] = (
    RankingPanel,
    UnitPagePanel,
    PatternPanel,
    TracePanel,
    HeatmapPanel,
    ScatterPanel,
    SaturationPanel,
    SamplePanel,
)
