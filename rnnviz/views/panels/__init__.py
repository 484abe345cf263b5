"""Every panel, in the order in which the window lays them out; adding one is one line here."""

from rnnviz.views.panel import Panel
from rnnviz.views.panels.heatmap import HeatmapPanel
from rnnviz.views.panels.pattern import PatternPanel
from rnnviz.views.panels.ranking import RankingPanel
from rnnviz.views.panels.sample import SamplePanel
from rnnviz.views.panels.saturation import SaturationPanel
from rnnviz.views.panels.scatter import ScatterPanel
from rnnviz.views.panels.trace import TracePanel
from rnnviz.views.panels.unit_page import UnitPagePanel

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
