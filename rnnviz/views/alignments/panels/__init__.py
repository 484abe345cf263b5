"""The panels of the Alignments workspace, as they are laid out; adding one is one line here."""

from rnnviz.views.alignments.panels.beam import BeamPanel
from rnnviz.views.alignments.panels.compare import ComparePanel
from rnnviz.views.alignments.panels.corpus import CorpusPanel
from rnnviz.views.alignments.panels.gold import GoldPanel
from rnnviz.views.alignments.panels.health import HealthPanel
from rnnviz.views.alignments.panels.near import NearPanel
from rnnviz.views.alignments.panels.pairs import PairsPanel
from rnnviz.views.alignments.panels.trajectory import TrajectoryPanel
from rnnviz.views.alignments.panels.what_if import WhatIfPanel
from rnnviz.views.shared.panel import Panel

PANELS: tuple[type[Panel], ...] = (
    WhatIfPanel,
    HealthPanel,
    ComparePanel,
    GoldPanel,
    NearPanel,
    TrajectoryPanel,
    PairsPanel,
    BeamPanel,
    CorpusPanel,
)
