"""The text coloured by what is selected: pickers above, minimap beside, legend below."""

from __future__ import annotations

from functools import partial

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QEvent, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from rnnviz.core.cells.loss_warning import loss_warning
from rnnviz.core.colours.colour import Scale
from rnnviz.core.recordings.description import Classes
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.core.sequences.text import Text
from rnnviz.session.session import Session
from rnnviz.session.shared.selection import Colouring, Pin
from rnnviz.views.cells.bars.follow_bar import FollowBar
from rnnviz.views.cells.bars.intervention_bar import InterventionBar
from rnnviz.views.cells.bars.moment_bar import MomentBar
from rnnviz.views.cells.choosing.concept_picker import ConceptPicker
from rnnviz.views.cells.choosing.unit_picker import UnitPicker
from rnnviz.views.cells.colour_words import came_out, colours_caption, colours_title
from rnnviz.views.cells.legend import Legend
from rnnviz.views.cells.place_card import PlaceCard
from rnnviz.views.cells.placing import Placing
from rnnviz.views.cells.step_labels import known_characters, labels_said, labels_true
from rnnviz.views.cells.strips import StripsView, strip_of
from rnnviz.views.cells.text_beside import TextBeside
from rnnviz.views.plots.parts.inks import Ink
from rnnviz.views.shared.controls.wrapping_row import WrappingRow
from rnnviz.views.shared.panel import waiting
from rnnviz.views.shared.theme import for_text, mono_font, set_icon, theme_of
from rnnviz.views.shared.words.plain_text import Label, plain_tip
from rnnviz.views.text.editing.text_editing import LIMIT
from rnnviz.views.text.minimap import Minimap
from rnnviz.views.text.painting.missing_fonts import missing_note, scripts_without_font
from rnnviz.views.text.painting.tags import Tags, tags_in_words
from rnnviz.views.text.searching.search_bar import SearchBar
from rnnviz.views.text.searching.text_searching import TextSearching
from rnnviz.views.text.text_view import TextView

_ABOUT_CONCEPTS = "Underline what a concept labels (C)"
_MOST_BANDS = 8
"""Pinned units that are drawn under each row; more would tear the lines of the text apart."""
_TWO_ACROSS = 760
"""So wide the panel must be for two texts beside each other."""
_PRESENTED = 7.0
"""Points by which characters grow when the text is presented."""


class TextPanel(QWidget):
    """The centre of the Cells workspace.

    Signals:
        concept_requested: the person wants to make a concept.
        message(str): something for the status bar.
    """

    concept_requested = Signal()
    message = Signal(str)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._typing = False
        """Whether the session is just being told what was typed."""
        self._presented = False
        self._shown: Recording | None = None
        self._placed: Recording | None = None
        self._places = Placing(None)
        """Of what `_placed` is."""
        self._without_font: tuple[str, ...] = ()
        """Scripts on the screen that no font shows."""
        self.picker = UnitPicker(session)
        self.concepts = ConceptPicker(optional=True)
        self.view = TextView()
        self.beside = TextBeside(self.view)
        self._wants_beside = False
        self.minimap = Minimap()
        self.strips = StripsView()
        self.tags = Label()
        self.tags.setTextFormat(Qt.TextFormat.RichText)  # names are escaped where it is written
        """Which colour is which label of a tagger."""
        self.legend = Legend()
        self.search = SearchBar()
        self.card = PlaceCard(session, self.view, self)
        self.follow = FollowBar(session.following, session.runs)
        self.problem = Label()
        self.problem.setProperty("role", "problem")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self.intervention = InterventionBar(session.interventions)
        self.moments = MomentBar(session)
        self.searching = TextSearching(session, self.search, self.view, self.minimap, self)
        self._build()
        self._connect()
        self.show_concepts()
        self.show_text()
        self.show_recording()

    # Building

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        right = QWidget()
        tools = QHBoxLayout(right)
        tools.setContentsMargins(0, 0, 0, 0)
        tools.setSpacing(4)
        self.concepts.setAccessibleName("Concept drawn under the text")
        self.concepts.setToolTip(plain_tip(_ABOUT_CONCEPTS))
        self.concepts.setMinimumWidth(190)
        self.concepts.setMaximumWidth(300)
        tools.addWidget(self.concepts, 1)
        self.surprisal = self._tool("activity", "Colour by surprisal (S)", checkable=True)
        self.pin = self._tool(
            "pin",
            "Pin this unit: its trace and its band stay while you go on (Space)",
            checkable=True,
        )
        self.edit = self._tool("pencil", "Type your own text (E)", checkable=True)
        for button in (self.surprisal, self.pin, self.edit):
            tools.addWidget(button)
        self._tools = WrappingRow(self.picker, self.picker.channels, right)
        column.addWidget(self._tools)
        column.addWidget(self.problem)
        column.addWidget(self.follow)
        column.addWidget(self.intervention)
        column.addWidget(self.moments)
        column.addWidget(self.search)
        column.addLayout(self._texts_and_map(), 1)
        self.fonts = Label()
        self.fonts.setWordWrap(True)
        self.fonts.setProperty("role", "warning")
        self.fonts.setContentsMargins(12, 4, 12, 4)
        self.fonts.hide()
        column.addWidget(self.fonts)
        self.reading = Label()
        """How the text was read, for as long as it is open."""
        self.reading.setWordWrap(True)
        self.reading.setProperty("role", "muted")
        self.reading.setContentsMargins(12, 4, 12, 4)
        self.reading.hide()
        column.addWidget(self.reading)
        self.tags.setWordWrap(True)
        self.tags.setContentsMargins(8, 2, 8, 2)
        self.tags.hide()
        column.addWidget(self.tags)
        self.pinned = Label()
        self.pinned.setWordWrap(True)
        self.pinned.setProperty("role", "muted")
        self.pinned.setContentsMargins(12, 4, 12, 0)
        self.pinned.hide()
        column.addWidget(self.pinned)
        column.addWidget(self.legend)

    def _texts_and_map(self) -> QHBoxLayout:
        """The text, once or twice, beside the whole of it in small; or strips of numbers."""
        middle = QHBoxLayout()
        middle.setSpacing(0)
        first = QVBoxLayout()
        first.addWidget(self.beside.first_name)
        first.addWidget(self.view, 1)
        self._texts = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._texts.setSpacing(0)
        self._texts.addLayout(first, 1)
        self._texts.addWidget(self.beside, 1)
        middle.addLayout(self._texts, 1)
        middle.addWidget(self.minimap)
        middle.addWidget(self.strips, 1)
        self.strips.hide()
        self._middle = middle
        return middle

    def _tool(self, icon: str, tip: str, checkable: bool) -> QToolButton:
        button = QToolButton()
        set_icon(button, icon)
        button.setToolTip(plain_tip(tip))
        button.setAccessibleName(tip)
        button.setCheckable(checkable)
        return button

    def _connect(self) -> None:
        session, selection = self._session, self._session.selection
        session.recordings.text_changed.connect(self.show_text)
        session.recordings.model_changed.connect(self.follow.show_run)
        session.recordings.recording_changed.connect(self.show_recording)
        session.recordings.recording_grew.connect(self.show_growth)
        for changed in (session.recordings.text_changed, session.recordings.recording_changed):
            changed.connect(self._say_how_read)
        session.reading_notes.counted.connect(self._say_how_read)
        session.rankings.labels_changed.connect(self.show_labels)
        session.rankings.concepts_changed.connect(self.show_concepts)
        session.previews.changed.connect(self.show_unit)
        session.scaling.changed.connect(self.show_unit)
        session.jobs.changed.connect(self._show_waiting)
        selection.unit_changed.connect(self.show_unit)
        selection.colouring_changed.connect(self.show_unit)
        selection.concept_changed.connect(self.show_concept)
        selection.pins_changed.connect(self.show_unit)
        selection.range_changed.connect(self.show_range)
        selection.cursor_changed.connect(self.show_cursor)
        selection.jumped.connect(self.go_to)
        selection.shown_from.connect(self.show_from)
        self.view.clicked.connect(self._click)
        self.view.range_selected.connect(self._brush)
        self.view.visible_changed.connect(self._visible_moved)
        self.view.visible_changed.connect(self._say_fonts)
        self.view.text_edited.connect(self._type)
        self.view.edit_refused.connect(self.message)
        self.follow.message.connect(self.message)
        self.minimap.scrolled_to.connect(self.view.centre_on)
        self.strips.hovered.connect(selection.set_cursor)
        self.strips.clicked.connect(selection.set_cursor)
        self.strips.range_selected.connect(self._brush_strips)
        self.strips.visible_changed.connect(self._strips_moved)
        self.legend.mode_changed.connect(session.scaling.set_mode)
        self.legend.locked.connect(session.scaling.set_locked)
        self.legend.flipped.connect(session.scaling.set_flipped)
        self.legend.palette_chosen.connect(session.scaling.set_palette)
        self.legend.squashed.connect(session.scaling.set_tanh)
        self.legend.range_pulled.connect(session.scaling.set_range)
        self.legend.range_released.connect(session.scaling.unlock)
        self.picker.picked.connect(self.view.setFocus)
        self.concepts.chosen.connect(selection.set_concept)
        self.concepts.cleared.connect(self._no_concept)
        self.concepts.new_requested.connect(self.concept_requested)
        for done in (self.concepts.chosen, self.concepts.cleared):
            done.connect(self.view.setFocus)
        self.surprisal.toggled.connect(self._choose_colouring)
        self.pin.clicked.connect(self.toggle_pin)
        self.edit.toggled.connect(self.set_editing)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Two texts stand beside each other where lines have room, else one below the other."""
        super().resizeEvent(event)
        wide = self.width() >= for_text(_TWO_ACROSS)
        ways = QBoxLayout.Direction
        self._texts.setDirection(ways.LeftToRight if wide else ways.TopToBottom)

    def set_presented(self, presented: bool) -> None:
        """Large type without tools, for the last row; or everything again."""
        self._tools.setVisible(not presented)
        self._presented = presented
        self._say_how_read()
        self._set_lines(not self.strips.isHidden())
        self.legend.set_presented(presented)
        for view in (self.view, self.beside.view):
            view.enlarge(_PRESENTED if presented else 0)

    # What is shown

    @Slot()
    def show_text(self) -> None:
        """Take the session's text, unless it came from typing here; another one ends the typing."""
        text = self._session.recordings.text
        if text is not None and not self._typing:
            self.card.put_away()
            self.set_editing(False)
            self.view.set_text(text)
            self.card.speak_place()

    @Slot()
    def show_recording(self) -> None:
        """Take the session's recording."""
        recording, selection = self._session.recordings.recording, self._session.selection
        self._shown = recording
        if recording is None or isinstance(recording.sequence, Numbers):
            self.pinned.hide()
            self.beside.put_away()
        self._show_problem()
        if recording is None:
            self.card.put_away()
            self.view.set_known(None)
            if not self.view.editable:
                self.view.set_values(None, 0)
                self.minimap.set_labels(None)
            self.minimap.set_values(None, 0)
            self._set_lines(False)  # They are drawn from what is no longer open.
            self._show_waiting()
            return
        numbers = isinstance(recording.sequence, Numbers)
        self._set_lines(numbers)
        self.edit.setEnabled(not numbers)
        if numbers:
            self.strips.set_recording(recording)
        self._show_tags()
        self.show_concepts()
        self.view.set_known(self._known)
        by_verdict = recording.class_p is not None
        self.surprisal.setEnabled(by_verdict or recording.surprisal is not None)
        output = recording.description.output
        each = isinstance(output, Classes) and output.each
        verdict = "probability of each label" if each else "verdict so far"
        tip = f"Colour by the {verdict if by_verdict else 'surprisal'} (S)"
        tip = tip.replace("the surprisal", "surprisal")
        self.surprisal.setToolTip(plain_tip(tip))
        self.surprisal.setAccessibleName(tip)
        self.minimap.set_length(len(recording.text))
        other: Colouring = "verdict" if by_verdict else "surprisal"
        if selection.colouring != other or not self.surprisal.isEnabled():
            selection.set_colouring("unit")
        self.show_unit()
        self.show_labels(selection.concept or "")

    def _set_lines(self, lines: bool) -> None:
        """Show the lines of numbers, or the text."""
        self.view.setVisible(not lines)
        self.minimap.setVisible(not lines and not self._presented)
        self.strips.setVisible(lines)
        # A layout without anything to show keeps its share of the width all the same.
        self._middle.setStretchFactor(self._texts, 0 if lines else 1)

    def _known(self, start: int, stop: int) -> npt.NDArray[np.bool_]:
        """Which characters on the screen the network knows, also of what was typed just now."""
        recording = self._session.recordings.recording
        if recording is None:
            return np.ones(max(0, stop - start), np.bool_)
        if isinstance(recording.sequence, Text):
            shown = self.view.text
            read = shown.in_lower_case() if recording.sequence.lower else shown
            return read.known(start, stop, recording.symbols)
        return known_characters(recording, start, stop)

    @Slot()
    def _show_waiting(self) -> None:
        """Say why there are no colours yet."""
        if self._session.recordings.recording is None:
            mode, note = self._session.scaling.mode, waiting(self._session)
            self.legend.show_scale(None, "", mode, locked=False, note=note)

    @Slot()
    def show_growth(self) -> None:
        """Show what was walked since."""
        self._show_problem()
        self._show_tags()
        self.show_unit()

    def _show_problem(self) -> None:
        """Say in red where the loss is above that of knowing nothing."""
        told = self._session.stories.current
        said = loss_warning(self._shown) if self._shown is not None else ""
        if told is not None and told[0].stages and self._session.showing.shows_story:
            said = ""  # an untrained network is what the story begins with
        if said != self.problem.text():
            self.problem.setText(said)
            self.problem.setVisible(bool(said))

    @Slot()
    def show_unit(self) -> None:
        """Colour the text by the selected unit, or by what came out."""
        recording, selection = self._session.recordings.recording, self._session.selection
        self.show_pin()
        if recording is None or recording is not self._shown:
            return  # the unit is made to fit a new recording before that is shown
        if isinstance(recording.sequence, Numbers):
            self._show_unit_over_numbers(recording)
            return
        if len(recording.text) != len(self.view.text):
            # While a person types, the text on the screen may be ahead of the last walk.
            return
        answers = came_out(recording, selection.colouring)
        by_unit = answers is None
        values = (
            recording.shown_values(selection.channel, selection.unit)
            if answers is None
            else answers
        )
        values = self._placing.by_character(values)
        walked = self._placing.characters(0, recording.walked)[1]
        scale = self._session.scaling.scale
        assert scale is not None
        self.view.set_scale(scale)
        self.view.set_values(values, walked)
        self.minimap.set_scale(scale)
        self.minimap.set_values(values, walked)
        self._show_pinned(recording)
        self._show_beside(recording, walked)
        note = self._show_preview(by_unit)
        self._show_legend(scale, note)
        self.surprisal.setChecked(not by_unit)
        self.card.renew()

    def _show_pinned(self, recording: Recording) -> None:
        """Draw the other pinned units as bands under each row, in the order of pinning."""
        scaling, pins = self._session.scaling, self.shown_pins()
        self.view.set_more_values(
            *(
                (
                    self._placing.by_character(recording.shown_values(pin.channel, pin.unit)),
                    scaling.scale_of(recording, pin.channel, pin.unit),
                )
                for pin in pins
            )
        )
        names = [f"{recording.unit_name(pin.unit)} {pin.channel}" for pin in pins]
        said = f"Under each row, from above, the pinned units: {', '.join(names)}."
        self.pinned.setText(said if names else "")
        self.pinned.setVisible(bool(names))

    def _show_beside(self, recording: Recording, walked: int) -> None:
        """Colour the second copy of the text by the unit that was pinned last."""
        pins = self.shown_pins() if self._wants_beside else []
        if not pins:
            self.beside.put_away()
            return
        pin, scaling = pins[-1], self._session.scaling
        title, first = recording.unit_title(pin.unit), colours_title(self._session)
        values = self._placing.by_character(recording.shown_values(pin.channel, pin.unit))
        self.beside.show_unit(
            (first[:1].upper() + first[1:], f"Pinned: {pin.channel} of {title}"),
            values,
            walked,
            scaling.scale_of(recording, pin.channel, pin.unit),
        )
        self.beside.mark()

    @Slot()
    def toggle_beside(self) -> None:
        """Show the text twice, side by side, or once again."""
        self._wants_beside = not self._wants_beside
        if self._wants_beside and not self.shown_pins():
            self.message.emit(
                "Pin a unit (Space) and go on to another: then both stand side by side."
            )
        self.show_unit()

    def shown_pins(self) -> list[Pin]:
        """The pinned units that are drawn under each row, from above."""
        recording, selection = self._session.recordings.recording, self._session.selection
        if recording is None:
            return []
        here = Pin(selection.channel, selection.unit)
        by_unit = selection.colouring == "unit"
        return [
            pin
            for pin in selection.pins
            if recording.has(pin.channel, pin.unit) and not (by_unit and pin == here)
        ][:_MOST_BANDS]

    def _show_legend(self, scale: Scale, note: str) -> None:
        scaling, recording = self._session.scaling, self._session.recordings.recording
        self.legend.show_scale(
            scale,
            colours_title(self._session),
            scaling.mode,
            scaling.locked is not None,
            note,
            caption=colours_caption(self._session),
            about=" ".join(recording.description.notes) if recording is not None else "",
            can_squash=scaling.can_squash,
        )

    def _show_unit_over_numbers(self, recording: Recording) -> None:
        """Colour the strips by the selected unit, and draw it and the pinned ones under them."""
        session, selection = self._session, self._session.selection
        scale = session.scaling.scale
        assert scale is not None
        answers = came_out(recording, selection.colouring)
        values = recording.shown_values(selection.channel, selection.unit)
        self.strips.set_values(values if answers is None else answers, scale)
        shown = [Pin(selection.channel, selection.unit), *selection.pins]
        inks: list[Ink] = ["accent", *range(1, len(shown))]
        self.strips.set_units(
            [
                strip_of(
                    f"{recording.unit_name(pin.unit)} {pin.channel}",
                    (recording.shown_values(pin.channel, pin.unit), ink),
                )
                for pin, ink in zip(dict.fromkeys(shown), inks, strict=False)
                if recording.has(pin.channel, pin.unit)
            ]
        )
        self._show_legend(scale, "")
        self.surprisal.setChecked(answers is not None)

    def _show_tags(self) -> None:
        """The labels of a tagger as bands under the text, the true ones below them."""
        recording = self._session.recordings.recording
        output = recording.description.output if recording is not None else None
        each = isinstance(output, Classes) and output.each
        self.tags.setVisible(each)
        shown = each and recording is not None and recording.class_p is not None
        if recording is None or not shown or not len(recording.text):
            self.view.set_tags()
            return
        truth = recording.truth
        true = truth is not None and bool((np.asarray(truth[: recording.walked]) >= 0).any())
        bands: list[Tags] = [partial(labels_said, recording)]
        if true:
            bands.append(partial(labels_true, recording))
        self.view.set_tags(*bands)
        self.tags.setText(tags_in_words(recording.outputs, theme_of(self), true))

    def changeEvent(self, event: QEvent) -> None:
        """The key of the labels has the colours of the theme."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and not self.tags.isHidden():
            self._show_tags()

    @Slot(int, int)
    def _brush_strips(self, start: int, stop: int) -> None:
        self._session.selection.set_range(
            self._placing.within_a_document(start, stop) if stop > start else None
        )

    @Slot()
    def _strips_moved(self) -> None:
        if not self.strips.isHidden():
            self._session.selection.set_visible(self.strips.visible_range())

    def _show_preview(self, by_unit: bool) -> str:
        """Colour what is not walked yet by its preview, if there is one, and say so."""
        preview, selection = self._session.previews.preview, self._session.selection
        ahead = preview.recording if preview else None
        if preview is None or ahead is None or not ahead.has(selection.channel, selection.unit):
            self.view.set_preview(None)
            return ""
        values = ahead.values(selection.channel, selection.unit) if by_unit else ahead.surprisal
        if values is None:
            self.view.set_preview(None)
            return ""
        self.view.set_preview(values[preview.start - preview.offset :], preview.start)
        return "Hatched: a preview, not exact"

    @Slot()
    def show_concepts(self) -> None:
        """List the concepts."""
        self.concepts.set_concepts(self._session.rankings.suited)
        self.concepts.set_current(self._session.selection.concept)

    @Slot()
    def show_concept(self) -> None:
        """Underline the selected concept."""
        name = self._session.selection.concept
        self.concepts.set_current(name)
        self.show_labels(name or "")

    @Slot(str)
    def show_labels(self, name: str) -> None:
        """Draw the labels that became known, if they are the selected concept's."""
        chosen = self._session.selection.concept
        if (name or None) == chosen:
            labels = self._session.rankings.labels(chosen) if chosen else None
            labels = None if labels is None else self._placing.by_character(labels)
            self._say_reading(chosen)
            self.strips.set_labels(self._session.rankings.labels(chosen) if chosen else None)
            self.minimap.set_labels(labels)
            if labels is None and chosen is not None:
                # On their way: the room of the band stays, and what is known of a typed text.
                known = self.view.labels if self.view.editable else None
                self.view.set_labels(np.zeros(0, np.bool_) if known is None else known)
                return
            self.view.set_labels(labels)
            if labels is not None:
                self.show_unit()

    @Slot()
    def _say_how_read(self) -> None:
        """Say how the text was read, which the bar at the bottom tells for some seconds only."""
        words = self._session.reading_notes.words
        self.reading.setText(words[:1].upper() + words[1:])
        self.reading.setVisible(bool(words) and not self._presented)

    @Slot()
    def _say_fonts(self) -> None:
        """Say which scripts on the screen no font shows, and which would."""
        scripts = scripts_without_font(self.view.page.codes, mono_font())
        if scripts != self._without_font:
            self._without_font = scripts
            self.fonts.setText(missing_note(scripts))
            self.fonts.setVisible(bool(scripts))

    def _say_reading(self, concept: str | None) -> None:
        """What the concept found to read in this text, where one asks what is underlined."""
        reading = self._session.rankings.reading(concept) if concept else ""
        self.concepts.setToolTip(plain_tip("\n".join(filter(None, (_ABOUT_CONCEPTS, reading)))))

    @Slot()
    def show_pin(self) -> None:
        """Show whether the selected unit is pinned."""
        selection = self._session.selection
        self.pin.setChecked(Pin(selection.channel, selection.unit) in selection.pins)

    @Slot()
    def show_range(self) -> None:
        """Show what is brushed."""
        chosen = self._session.selection.range
        self.strips.set_range(chosen)
        self.view.set_range(*(self._placing.characters(*chosen) if chosen else (0, 0)))
        self.beside.mark()

    @Slot()
    def show_cursor(self) -> None:
        """Show where the cursor is."""
        cursor = self._session.selection.cursor
        self.strips.set_cursor(cursor)
        shown = None if cursor is None else self._placing.characters(cursor, cursor + 1)[0]
        self.view.set_cursor(shown)
        self.card.speak_place()
        self.beside.mark()

    # What the person does

    @Slot()
    def toggle_pin(self) -> None:
        """Pin the selected unit, or let it go."""
        selection = self._session.selection
        selection.toggle_pin(Pin(selection.channel, selection.unit))

    @Slot(bool)
    def set_editing(self, editing: bool) -> None:
        """Let the person type into the text; it is walked as it is typed.

        A text too long for that is left as it is, and what is on the screen copied.
        """
        if editing and len(self.view.text) > LIMIT:
            shown = self.view.text.slice(*self.view.visible_range())
            self._session.show_text(Text.of(shown, "typed text"))
        self.edit.setChecked(editing)
        self.view.set_editable(editing)
        if editing:
            self.view.setFocus()
            self.message.emit("Type or paste: the model reads along. Press Esc to stop typing.")

    @Slot(str)
    def _type(self, typed: str) -> None:
        self.card.put_away()
        self._typing = True
        self._session.recordings.type_text(typed)
        self._typing = False

    @Slot()
    def toggle_editing(self) -> None:
        """Start or stop typing into the text."""
        self.set_editing(not self.view.editable)

    def typed_text(self) -> Text | None:
        """The open text if it was typed or sampled, and no file holds it."""
        text = self._session.recordings.text
        return text if text is not None and text.path is None else None

    @Slot()
    def open_concepts(self) -> None:
        """Open the list of concepts; typing finds one."""
        self.concepts.setFocus()
        self.concepts.showPopup()

    @property
    def _placing(self) -> Placing:
        """Of the open recording: cursor, range and jumps may be its own before it is shown here."""
        recording = self._session.recordings.recording
        if recording is not self._placed:
            self._placed, self._places = recording, Placing(recording)
        return self._places

    def go_to(self, step: int) -> None:
        """Bring a step to the middle of the view and put the cursor there."""
        self.strips.centre_on(step)
        self.view.centre_on(self._placing.characters(step, step + 1)[0])
        self._session.selection.set_cursor(step)

    @Slot(object)
    def go_to_character(self, character: int) -> None:
        """Bring a character to the middle of the view and put the cursor there."""
        self.go_to(self._placing.step(character))

    @Slot(object)
    def show_from(self, step: int) -> None:
        """Bring the row of a step to the top of the view."""
        self.view.begin_with(self._placing.characters(step, step + 1)[0])

    @Slot(bool)
    def _choose_colouring(self, surprisal: bool) -> None:
        recording = self._session.recordings.recording
        by_verdict = recording is not None and recording.class_p is not None
        other: Colouring = "verdict" if by_verdict else "surprisal"
        self._session.selection.set_colouring(other if surprisal else "unit")

    @Slot()
    def _no_concept(self) -> None:
        self._session.selection.set_concept(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Escape ends typing or puts the card away; every other key goes on to the window."""
        if event.key() == Qt.Key.Key_Escape and self.view.editable:
            self.set_editing(False)
        elif event.key() == Qt.Key.Key_Escape and self.card.isVisible():
            self.card.put_away()
        else:
            super().keyPressEvent(event)

    @Slot(object)
    def _click(self, character: int) -> None:
        self._session.selection.set_cursor(self._placing.step(character))

    @Slot(object)
    def _brush(self, chosen: tuple[int, int] | None) -> None:
        if chosen is not None and chosen[0] < chosen[1]:
            chosen = self._placing.within_a_document(*self._placing.steps(*chosen))
        self._session.selection.set_range(chosen)
        # What is marked is what was taken: whole steps of one document.
        self.show_range()

    @Slot(object)
    def _visible_moved(self, visible: tuple[int, int]) -> None:
        self.minimap.set_visible(visible)
        recording = self._session.recordings.recording
        if recording is None or not isinstance(recording.sequence, Numbers):
            self._session.selection.set_visible(self._placing.steps(*visible))
