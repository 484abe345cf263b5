"""Language models, as they are shown."""

from rnnviz.views.kinds.kind import OF_UNITS, KindView

LANGUAGE_MODEL = KindView(
    key="language-model",
    icon="brain",
    panels=(*OF_UNITS, "intervention", "symbols", "sample"),
)
