"""Models of numbers, as they are shown."""

from rnnviz.views.kinds.kind import OF_UNITS, KindView

NUMBERS_MODEL = KindView(
    key="numbers-model",
    icon="activity",
    panels=OF_UNITS,
)
