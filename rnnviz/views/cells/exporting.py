"""Writing what is on the screen to a file: asks for a name, builds the figure, says how it went."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from rnnviz.core.cells.finding import Finding
from rnnviz.core.concepts import spec_of
from rnnviz.core.errors import RnnvizError
from rnnviz.core.files.writing import save_file
from rnnviz.core.quantities.units import layer_name
from rnnviz.session.session import Session
from rnnviz.views.cells.colour_words import colours_caption, colours_title
from rnnviz.views.cells.text_panel import TextPanel
from rnnviz.views.shared.question_boxes import ask_save_path
from rnnviz.views.shared.saving import Turns, save_beside
from rnnviz.views.shared.theme import theme_of
from rnnviz.work.jobs.findings import PageWritten

if TYPE_CHECKING:
    from rnnviz.core.export.coloured import ColouredText

_FILTERS = "Picture (*.png);;Drawing (*.svg);;Web page (*.html);;LaTeX (*.tex);;Table (*.csv)"


class Exporting(QObject):
    """Exports the brushed range, or what is on the screen.

    Signals:
        message(str): what was written.
        failed(str): why nothing was written.
    """

    message = Signal(str)
    failed = Signal(str)

    def __init__(self, session: Session, panel: TextPanel, window: QWidget) -> None:
        super().__init__(window)
        self._session = session
        self._panel = panel
        self._window = window
        session.findings.page_written.connect(self._tell_page)
        session.findings.page_refused.connect(self._tell_refusal)

    def range(self) -> tuple[int, int] | None:
        """What is exported: the brushed range or the visible one, as far as it is walked."""
        recording, selection = self._session.recordings.recording, self._session.selection
        if recording is None:
            return None
        start, stop = selection.range or selection.visible
        stop = min(stop, recording.walked)
        return (start, stop) if start < stop else None

    def coloured(self) -> ColouredText | None:
        """What is exported, with its colours; None where nothing is shown yet."""
        recording, selection = self._session.recordings.recording, self._session.selection
        chosen, scale = self.range(), self._panel.view.scale
        if recording is None or chosen is None or scale is None:
            return None
        from rnnviz.core.export import coloured  # here, not above: the window starts without it

        if selection.colouring == "surprisal":
            made = coloured.coloured_surprisal(recording, *chosen, scale)
        elif selection.colouring == "verdict":
            made = coloured.coloured_verdict(recording, *chosen, scale)
        else:
            made = coloured.coloured_unit(
                recording, selection.channel, selection.unit, *chosen, scale
            )
        concept = self._session.rankings.concept(selection.concept or "")
        labels = self._session.rankings.labels(selection.concept or "")
        if concept is not None and labels is not None:
            made = coloured.with_concept(made, labels, concept.title)
        pins = self._panel.shown_pins()
        scale_of = self._session.scaling.scale_of
        return coloured.with_bands(
            made,
            recording,
            [(pin.channel, pin.unit, scale_of(recording, pin.channel, pin.unit)) for pin in pins],
        )

    def finding(self) -> Finding | None:
        """What is on the screen as a finding; None where nothing is shown, or no unit is."""
        recordings, selection = self._session.recordings, self._session.selection
        recording, chosen, scale = recordings.recording, self.range(), self._panel.view.scale
        if recording is None or chosen is None or scale is None:
            return None
        place = recording.groups.place(selection.unit)
        group = recording.groups[place.group]
        concept = self._session.rankings.concept(selection.concept or "")
        ranking = self._session.rankings.ranking(selection.concept or "")
        scores = ranking.scores if ranking else ()
        score = next(
            (s for s in scores if (s.unit, s.channel) == (selection.unit, selection.channel)), None
        )
        colouring = selection.colouring
        about = recording.description
        model = self._session.recordings.model
        own = model if model is not None and model.path == about.model_path else None
        return Finding(
            title=concept.title if concept else colours_title(self._session).capitalize(),
            channel=selection.channel if colouring == "unit" else colouring,
            layer=group.layer,
            unit=place.unit,
            group="" if group.name == layer_name(group.layer) else group.name,
            start=chosen[0],
            stop=chosen[1],
            scale=scale,
            model_name=about.model_name,
            model_path=about.model_path,
            vocabulary=own.vocabulary if own else None,
            reading=own.reading if own else 0,
            text_name=about.text_name,
            text_path=about.text_path,
            concept=msgspec.to_builtins(spec_of(concept)) if concept else None,
            score={} if score is None else _summary(msgspec.to_builtins(score)),
        )

    def caption(self) -> str:
        """What the colours on the screen tell, in a sentence."""
        return colours_caption(self._session)

    @Slot()
    def ask_text(self) -> None:
        """Ask for a file and write the coloured text into it."""
        coloured = self.coloured()
        if coloured is None:
            self.failed.emit("There is nothing to export yet: open a model and a text first.")
            return
        path = ask_save_path(
            self._window, "Export the text as shown", "coloured-text.png", _FILTERS
        )
        if path is None:
            return

        def told(problem: str) -> None:
            if not isValid(self):
                return
            if problem:
                self.failed.emit(f"Nothing was exported: {problem}")
            else:
                self.message.emit(f"Exported to {path}")

        save_beside(self._saving(path, coloured), told)

    def _saving(self, path: Path, coloured: ColouredText) -> Turns:
        from rnnviz.core.export.csv import write_csv  # here, not above: as in `coloured`
        from rnnviz.core.export.figure import figure
        from rnnviz.core.export.figure_tikz import figure_tikz
        from rnnviz.core.export.html import write_html
        from rnnviz.core.export.svg import write_svg
        from rnnviz.views.text.painting.text_figure import saving_drawn

        kind, dark = path.suffix.lower(), theme_of(self._window).dark
        if kind == ".csv":
            yield partial(write_csv, path, coloured)
        elif kind == ".html":
            yield partial(write_html, path, [coloured])
        elif kind == ".tex":
            yield lambda: save_file(path, figure_tikz(figure(coloured)))
        elif kind == ".png":
            drawn = yield partial(figure, coloured, dark)
            yield from saving_drawn(path, drawn)
        elif kind == ".svg":
            yield partial(write_svg, path, coloured, dark)
        else:
            raise RnnvizError(
                f"{path.name} ends in {kind or 'nothing'}; write .png, .svg, .html, .tex or .csv"
            )

    @Slot()
    def ask_findings(self) -> None:
        """Ask for a file and write all findings onto one page."""
        if not self._session.findings.items:
            self.failed.emit("There are no findings yet. Save one with File > Save finding.")
            return
        path = ask_save_path(
            self._window, "Export findings as a web page", "findings.html", "Web page (*.html)"
        )
        if path is None:
            return
        shown = self._session.recordings.recording
        self._session.findings.write_page(path, (shown.folder,) if shown is not None else ())

    @Slot(object, object)
    def _tell_page(self, page: PageWritten, path: Path) -> None:
        many = "1 finding" if page.findings == 1 else f"{page.findings} findings"
        say = self.failed if page.left_out else self.message
        say.emit(exported(many, path, page.left_out))

    @Slot(str)
    def _tell_refusal(self, reason: str) -> None:
        self.failed.emit(f"Nothing was exported: {reason}")


def exported(many: str, path: Path, left_out: Sequence[str]) -> str:
    """What an export is told to have done: what was written, and what could not be."""
    words = f"Exported {many} to {path}"
    return f"{words}. Left out: {'; '.join(left_out)}" if left_out else words


def _summary(score: dict[str, object]) -> dict[str, object]:
    wanted = ("auc", "correlation", "lag", "sign", "f1")
    return {key: score[key] for key in wanted if score.get(key) is not None}
