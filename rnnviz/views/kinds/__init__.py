"""How each kind of model is shown. To add one: a file, and its name below.

The keys are those of `core.kinds`; a kind of which nothing can be asked is not here.
"""

from __future__ import annotations

from rnnviz.views.kinds.classifier import CLASSIFIER
from rnnviz.views.kinds.kind import KindView
from rnnviz.views.kinds.language import LANGUAGE_MODEL
from rnnviz.views.kinds.numbers import NUMBERS_MODEL
from rnnviz.views.kinds.tagger import TAGGER
from rnnviz.views.kinds.translator import TRANSLATOR

KIND_VIEWS: tuple[KindView, ...] = (
    LANGUAGE_MODEL,
    TRANSLATOR,
    CLASSIFIER,
    TAGGER,
    NUMBERS_MODEL,
)

__all__ = ["KIND_VIEWS", "KindView", "kind_view", "kinds_in"]


def kind_view(key: str) -> KindView:
    """The kind of this key; `KeyError` where there is none."""
    return {kind.key: kind for kind in KIND_VIEWS}[key]


def kinds_in(panel: str) -> tuple[str, ...]:
    """The keys of the kinds that this panel shows something of; none where it is of no kind."""
    return tuple(kind.key for kind in KIND_VIEWS if panel in kind.panels)
