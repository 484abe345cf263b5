"""Which unit: layer, unit in the layer, and channel, as three small controls in a row."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QToolButton,
    QWidget,
)

from rnnviz.core.quantities.units import layer_name
from rnnviz.core.recordings.recording import Recording
from rnnviz.session.session import Session
from rnnviz.views.shared.controls.choices import Choices
from rnnviz.views.shared.controls.number_field import WholeField
from rnnviz.views.shared.words.plain_text import Label, plain_tip

_WIDEST_NAME = 220
"""Pixels; longer names of modules are whole in the list and in its tips."""


class UnitPicker(QWidget):
    """Shows and sets the selected layer, unit and channel.

    The channels are a group of their own, `channels`, that stands beside it where there is room.

    Signals:
        picked: the person chose; keyboard focus may go back to the text.
    """

    picked = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._channels: tuple[str, ...] = ()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        self.layer = WholeField(
            "Layer", 1, 99, tip="Which layer, counted from the input", at_once=False
        )
        self.group = Choices()
        self.group.setAccessibleName("Layer")
        self.group.setToolTip("Which layer, and which way it reads")
        # Names of modules come later than the box is first shown, and are longer than "1".
        self.group.setSizeAdjustPolicy(Choices.SizeAdjustPolicy.AdjustToContents)
        self.group.setMaximumWidth(_WIDEST_NAME)
        self.group.activated.connect(self._choose_number)
        self.unit = WholeField("Unit", 0, 99, tip="Which unit of the layer", at_once=False)
        self.unit.setWrapping(True)
        for label, box in (("Layer", self.layer), ("Unit", self.unit)):
            caption = Label(label)
            caption.setProperty("role", "muted")
            caption.setBuddy(box)
            row.addWidget(caption)
            row.addWidget(box)
            if box is self.layer:
                row.addWidget(self.group)
        self.group.hide()
        self._buttons = QButtonGroup(self)
        self._buttons.setExclusive(True)
        self._buttons.idClicked.connect(self._choose_channel)
        self.channels = QWidget()
        self._channel_row = QHBoxLayout(self.channels)
        self._channel_row.setContentsMargins(0, 0, 0, 0)
        self._channel_row.setSpacing(0)
        self.layer.value_changed.connect(self._choose_number)
        self.unit.value_changed.connect(self._choose_number)
        session.recordings.recording_changed.connect(self.show_sizes)
        session.selection.unit_changed.connect(self.show_selection)
        session.selection.colouring_changed.connect(self.show_selection)
        self.show_sizes()

    @Slot()
    def show_sizes(self) -> None:
        """Take the layers, units and channels of the recording."""
        recording = self._session.recordings.recording
        for part in (self, self.channels):
            part.setEnabled(recording is not None)
        if recording is None:
            return
        names = [group.name for group in recording.groups]
        words = [group.title or group.name for group in recording.groups]
        numbered = names == [layer_name(place) for place in range(len(names))]
        self.layer.setVisible(numbered)
        self.group.setVisible(not numbered)
        self.layer.blockSignals(True)
        self.layer.set_range(1, len(names))
        self.layer.blockSignals(False)
        if words != [self.group.itemText(place) for place in range(self.group.count())]:
            self.group.clear()
            self.group.addItems(words)
            for place, group in enumerate(recording.groups):
                self.group.setItemData(place, plain_tip(group.words), Qt.ItemDataRole.ToolTipRole)
        self.show_selection()

    def _build_channels(self, recording: Recording) -> None:
        for button in self._buttons.buttons():
            self._buttons.removeButton(button)
            self._channel_row.removeWidget(button)
            button.hide()  # it is deleted a moment later, and would lie over the others
            button.deleteLater()
        last = len(self._channels) - 1
        for place, channel in enumerate(self._channels):
            button = QToolButton()
            button.setText(channel)
            button.setCheckable(True)
            button.setProperty("segment", {0: "first", last: "last"}.get(place, "middle"))
            button.setAccessibleName(f"Channel {channel}")
            button.setToolTip(
                plain_tip(f"Colour by the {recording.about_channel(channel).title} of the unit")
            )
            self._buttons.addButton(button, place)
            self._channel_row.addWidget(button)

    @Slot()
    def show_selection(self) -> None:
        """Show what is selected, without choosing it again."""
        recording, selection = self._session.recordings.recording, self._session.selection
        if recording is None:
            return
        group, unit = recording.groups.place(selection.unit)
        self.group.setCurrentIndex(group)
        self.unit.blockSignals(True)
        self.unit.set_range(0, recording.groups[group].width - 1)
        self.unit.blockSignals(False)
        for box, value in ((self.layer, group + 1), (self.unit, unit)):
            box.blockSignals(True)
            box.set_value(value)
            box.blockSignals(False)
        if recording.groups[group].channels != self._channels:
            self._channels = recording.groups[group].channels
            self._build_channels(recording)
        # No channel is lit where the text has the colours of what came out.
        of_unit = selection.colouring == "unit"
        self._buttons.setExclusive(False)
        for channel, button in zip(self._channels, self._buttons.buttons(), strict=True):
            button.setChecked(of_unit and channel == selection.channel)
        self._buttons.setExclusive(True)

    @Slot()
    def _choose_number(self) -> None:
        recording = self._session.recordings.recording
        if recording is not None:
            groups = recording.groups
            group = self.layer.value() - 1 if self.group.isHidden() else self.group.currentIndex()
            within = min(self.unit.value(), groups[group].width - 1)
            self._session.selection.select_unit(groups.firsts[group] + within)
            self.picked.emit()

    @Slot(int)
    def _choose_channel(self, place: int) -> None:
        selection = self._session.selection
        selection.select_unit(selection.unit, self._channels[place])
        self.picked.emit()
