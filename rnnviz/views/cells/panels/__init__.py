"""The panels of the Cells workspace, as they are laid out; adding one is one line here."""

from rnnviz.views.cells.panels.heatmap import HeatmapPanel
from rnnviz.views.cells.panels.intervention import InterventionPanel
from rnnviz.views.cells.panels.pattern import PatternPanel
from rnnviz.views.cells.panels.ranking import RankingPanel
from rnnviz.views.cells.panels.sample import SamplePanel
from rnnviz.views.cells.panels.saturation import SaturationPanel
from rnnviz.views.cells.panels.scatter import ScatterPanel
from rnnviz.views.cells.panels.surprises import SurprisesPanel
from rnnviz.views.cells.panels.symbols import SymbolsPanel
from rnnviz.views.cells.panels.trace import TracePanel
from rnnviz.views.cells.panels.unit_page import UnitPagePanel
from rnnviz.views.cells.panels.verdict import VerdictPanel
from rnnviz.views.shared.panel import Panel

PANELS: tuple[type[Panel], ...] = (
    RankingPanel,
    UnitPagePanel,
    PatternPanel,
    InterventionPanel,
    TracePanel,
    HeatmapPanel,
    ScatterPanel,
    SaturationPanel,
    SamplePanel,
    SurprisesPanel,
    SymbolsPanel,
    VerdictPanel,
)
