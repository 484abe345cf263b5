"""The slider above the text over the checkpoints of the training that the open model is of."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QSlider, QWidget

from rnnviz.core.models.moments import Moment, moments_beside
from rnnviz.session.session import Session
from rnnviz.views.shared.words.plain_text import Label, plain_tip


class MomentBar(QWidget):
    """Shown while other checkpoints of the same training lie beside the open model.

    Not while a story tells of them, which has a slider of its own.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._moments: tuple[Moment, ...] = ()
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 2, 12, 2)
        row.addWidget(Label("Moment"))
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setAccessibleName("Checkpoint of the training")
        self.slider.setToolTip(plain_tip("The same text, read by the network as it was then"))
        self.slider.setPageStep(1)
        self.slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.slider.setMaximumWidth(420)
        self.slider.valueChanged.connect(self._slide)
        row.addWidget(self.slider, 1)
        self.where = Label()
        row.addWidget(self.where)
        row.addStretch(1)
        session.recordings.model_changed.connect(self.show_model)
        session.stories.told.connect(self.show_model)
        self.show_model()

    @Slot()
    def show_model(self) -> None:
        """Follow the model: which moments there are, and which of them is on the screen."""
        model = self._session.recordings.model
        self._moments = () if model is None else moments_beside(Path(model.path))
        here = [n for n, one in enumerate(self._moments) if model and str(one.path) == model.path]
        told = self._session.stories.current
        # A story that goes through the moments has its own slider.
        self.setVisible(bool(here) and not (told is not None and told[0].stages))
        if not here:
            return
        self.slider.blockSignals(True)
        self.slider.setRange(0, len(self._moments) - 1)
        self.slider.setValue(here[0])
        self.slider.blockSignals(False)
        self._say(here[0])

    @Slot(int)
    def _slide(self, place: int) -> None:
        self._say(place)
        self._session.open_moment(self._moments[place].path)

    def _say(self, place: int) -> None:
        one = self._moments[place]
        self.where.setText(f"after step {one.step:,}, {place + 1} of {len(self._moments)}")
        self.where.setToolTip(plain_tip(one.path.name))
