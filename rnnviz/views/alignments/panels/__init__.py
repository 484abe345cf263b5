"""The panels of the Alignments workspace, as they are laid out; adding one is one line here."""

from rnnviz.views.panel import Panel
from rnnviz.views.panels.alignments.beam import BeamPanel
from rnnviz.views.panels.alignments.compare import ComparePanel
from rnnviz.views.panels.alignments.corpus import CorpusPanel
from rnnviz.views.panels.alignments.gold import GoldPanel
from rnnviz.views.panels.alignments.health import HealthPanel
from rnnviz.views.panels.alignments.near import NearPanel
from rnnviz.views.panels.alignments.what_if import WhatIfPanel

PANELS: tuple[type[Panel], ...] = (
    WhatIfPanel,
    HealthPanel,
    ComparePanel,
    GoldPanel,
    NearPanel,
    BeamPanel,
    CorpusPanel,
)
