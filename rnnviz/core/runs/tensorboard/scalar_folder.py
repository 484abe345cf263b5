"""The event files of one folder as one run: its scalars and histograms by their tags."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping

from rnnviz.core.runs.curve import Curve
from rnnviz.core.runs.histograms import Histogram
from rnnviz.core.runs.tensorboard.messages import Scalar

_MOST_TAGS = 4000
_OVERLAP_SECONDS = 60.0
"""So much the clocks of two machines may differ, or a run that ends and one that goes on."""
_MOST_HISTOGRAMS, _MOST_STEPS = 500, 400


class ScalarFolder:
    """The scalars of the event files of one folder, which are one run, by their tags.

    A run that was taken up again writes a new file that begins with the step from which on what
    older files say is void (`purge_step`); one that only goes back, goes back tag by tag.
    """

    def __init__(self) -> None:
        self.curves: dict[str, Curve] = {}
        self.histograms: dict[str, list[Histogram]] = {}
        """Of each tag, by ascending steps; of very many every second is let go."""
        self.lost = ""
        """Why values of a tag are not shown that no run which was taken up again made void."""
        self._sources: dict[str, dict[str, float]] = {}
        """Of each tag the files that gave it, in this order, and the time of the last value."""

    def take(self, scalars: Iterable[Scalar], source: str = "") -> None:
        """Add what one file gave, the files in the order of their names.

        Args:
            source: the name of the file.
        """
        waiting: dict[str, list[Scalar]] = {}
        for scalar in scalars:
            if scalar.histogram is not None:
                self._keep(scalar.tag, scalar.histogram)
                continue
            if scalar.tag or not scalar.voids:
                waiting.setdefault(scalar.tag, []).append(scalar)
                continue
            self._append(waiting, source)
            waiting = {}
            for curve in self.curves.values():
                curve.cut(scalar.step - 1)
            for tag, kept in self.histograms.items():
                self.histograms[tag] = [one for one in kept if one.step < scalar.step]
        self._append(waiting, source)

    def _keep(self, tag: str, histogram: Histogram) -> None:
        if tag not in self.histograms and len(self.histograms) >= _MOST_HISTOGRAMS:
            return
        kept = self.histograms.setdefault(tag, [])
        while kept and kept[-1].step >= histogram.step:
            kept.pop()
        kept.append(histogram)
        if len(kept) > _MOST_STEPS:
            kept[1:-1] = kept[1:-1:2]

    def _append(self, by_tag: Mapping[str, list[Scalar]], source: str) -> None:
        for tag, of_tag in by_tag.items():
            if tag not in self.curves and len(self.curves) >= _MOST_TAGS:
                self.lost = self.lost or f"of its tags the first {_MOST_TAGS:,} are shown"
                continue
            curve = self.curves.setdefault(tag, Curve())
            mixed = self._is_mixed(tag, of_tag[0].time, source)
            for first, last in _ascending(of_tag):
                part = of_tag[first:last]
                before = int(curve.steps[-1]) if len(curve) else part[0].step
                if part[0].step < before and (first or mixed) and not self.lost:
                    self.lost = (
                        f"the steps of {tag!r} go back, from {before:,} to {part[0].step:,}: what "
                        "stood at later steps is not shown"
                    )
                curve.cut(part[0].step - 1)
                curve.append([each.step for each in part], [each.value for each in part])
            self._sources[tag][source] = of_tag[-1].time

    def _is_mixed(self, tag: str, began: float, source: str) -> bool:
        """Whether another file was written while this one was, and gave the same tag."""
        sources = self._sources.setdefault(tag, {})
        others = [(name, until) for name, until in sources.items() if name != source]
        again = source in sources
        at_once = [name for name, until in others if again or 0 < began < until - _OVERLAP_SECONDS]
        if again and list(sources)[-1] == source:
            return True  # the same file goes on: it went back by itself
        if at_once:
            self.lost = (
                f"{at_once[0]} and {source} were written at the same time and both hold {tag!r}, "
                "so their values void each other; let each program write to a folder of its own"
            )
        return bool(at_once)


def _ascending(scalars: list[Scalar]) -> list[tuple[int, int]]:
    """Where the steps ascend: a run that was taken up again begins earlier than it ended."""
    breaks = [
        place for place in range(1, len(scalars)) if scalars[place].step <= scalars[place - 1].step
    ]
    edges = [0, *breaks, len(scalars)]
    return list(itertools.pairwise(edges))
