"""Which units follow a concept: every unit scored, best first, beside what chance would give.

===========  =============================================================
results      Score, Histogram, Ranking, and their file
ranking      rank: the whole way, and the definition of every figure; imported where it
             is used, for the window starts without it
plan         which units and offsets are compared
labels       labels spooled to disk; level: where a count is cut in two
correlation  first pass over the text: all correlations as matrix products
counting     second pass: which value meets which label how often
figures      AUC, F1 and histograms from those counts
===========  =============================================================
"""

from rnnviz.core.scoring.results import Histogram, Ranking, Score, read_ranking, write_ranking

__all__ = [
    "Histogram",
    "Ranking",
    "Score",
    "read_ranking",
    "write_ranking",
]
