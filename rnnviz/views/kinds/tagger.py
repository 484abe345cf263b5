"""Taggers, as they are shown."""

from rnnviz.views.kinds.kind import OF_UNITS, KindView

TAGGER = KindView(
    key="tagger",
    icon="type",
    panels=(*OF_UNITS, "symbols"),
)
