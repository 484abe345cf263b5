"""Every architecture, and a toy one whose state grows, registered as a real one is."""

from __future__ import annotations

import pytest

import rnnviz.core.architectures as core
import rnnviz.nets.architectures as nets
from rnnviz.core.architectures import ArchitectureFacts
from rnnviz.nets.architectures import ARCHITECTURES, Layer
from tests.nets.architectures.toy_attention import ATTENTION, Attention

EVERY: tuple[type[Layer], ...] = (*ARCHITECTURES, Attention)

every_layer = pytest.mark.parametrize("kind", EVERY, ids=lambda kind: kind.facts.name)


def register(
    monkeypatch: pytest.MonkeyPatch,
    facts: ArchitectureFacts = ATTENTION,
    kind: type[Layer] = Attention,
) -> None:
    """Add an architecture to both tables, for the length of a test."""
    monkeypatch.setattr(core, "ARCHITECTURES", (*core.ARCHITECTURES, facts))
    monkeypatch.setattr(nets, "ARCHITECTURES", (*nets.ARCHITECTURES, kind))
