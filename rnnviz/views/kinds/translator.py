"""Translation models, as they are shown."""

from rnnviz.views.kinds.kind import KindView

TRANSLATOR = KindView(
    key="translator",
    icon="arrow-left-right",
    panels=("beam", "what-if", "compare", "gold", "health", "corpus", "near", "trajectory"),
)
