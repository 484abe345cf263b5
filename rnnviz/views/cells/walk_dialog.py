"""How much of a large walk to keep: asked before it starts, with its size."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QCheckBox, QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from rnnviz.core.recordings.description import FloatType
from rnnviz.session.shared.recordings import Recordings
from rnnviz.views.shared.words.plain_text import Label


class WalkDialog(QDialog):
    """Chooses the channels to keep; the size on disk follows the choice."""

    def __init__(self, recordings: Recordings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._recordings = recordings
        model, text = recordings.model, recordings.text
        assert model is not None and text is not None
        self.setWindowTitle("Walk a long text")
        column = QVBoxLayout(self)
        column.setSpacing(8)
        said = Label(
            f"<b>{escape(text.name)}</b> has {len(text):,} characters. "
            "Choose what to keep of each of the "
            f"{model.description.total_units} units; more can be kept later."
        )
        said.setTextFormat(Qt.TextFormat.RichText)
        said.setWordWrap(True)
        column.addWidget(said)
        offered = recordings.default_channels()
        self.boxes = {channel: QCheckBox(channel) for channel in model.channels}
        for channel, box in self.boxes.items():
            box.setChecked(channel in offered)
            box.toggled.connect(self._show_size)
            column.addWidget(box)
        # Everything that colours the text reads the hidden states.
        self.boxes["hidden"].setEnabled(False)
        self.boxes["hidden"].setChecked(True)
        self.exact = QCheckBox("Exact to the last digit (float32), in twice the room")
        self.exact.setChecked(recordings.dtype == "float32")
        self.exact.toggled.connect(self._show_size)
        column.addWidget(self.exact)
        self.size_label = Label()
        column.addWidget(self.size_label)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.buttons.addButton("Walk", QDialogButtonBox.ButtonRole.AcceptRole)
        self.buttons.accepted.connect(self.accept)
        self.buttons.rejected.connect(self.reject)
        column.addWidget(self.buttons)
        self._show_size()

    @property
    def channels(self) -> tuple[str, ...]:
        """What is to be kept."""
        return tuple(channel for channel, box in self.boxes.items() if box.isChecked())

    @Slot()
    def _show_size(self) -> None:
        dtype: FloatType = "float32" if self.exact.isChecked() else "float16"
        gigabytes = self._recordings.size_bytes(self.channels, dtype) / 1e9
        self.size_label.setText(f"This takes {gigabytes:.1f} GB on the disk.")
