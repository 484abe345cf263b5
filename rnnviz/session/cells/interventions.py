"""What the selected unit is good for: it is cut, held or added to, and the losses are compared."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QObject, Signal, Slot

from rnnviz.core.architectures import carried
from rnnviz.core.cells.intervention import Intervention
from rnnviz.core.concepts import spec_of
from rnnviz.session.cells.rankings import Rankings
from rnnviz.session.shared.identities import Answers
from rnnviz.session.shared.jobs import Jobs
from rnnviz.session.shared.recordings import OPENED, TEXT, Recordings
from rnnviz.session.shared.selection import Selection
from rnnviz.work.jobs.given import TextGiven
from rnnviz.work.jobs.interventions import Ablate, Ablated

CHARACTERS = 2000
"""So much of the text is read, from its beginning."""
_SAMPLE = 200


class AskedIntervention(NamedTuple):
    """What an answer is about, beside the model and the text."""

    intervention: Intervention
    concept: str
    """What it is, not its name; empty without one."""


class Interventions(QObject):
    """Keeps answers for the open model and text; one belongs to what was asked.

    Signals:
        changed: `answer`, or what it would be about.
    """

    changed = Signal()

    def __init__(
        self,
        jobs: Jobs,
        recordings: Recordings,
        selection: Selection,
        rankings: Rankings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs, self._recordings = jobs, recordings
        self._selection, self._rankings = selection, rankings
        self._answers: Answers[AskedIntervention, Ablated] = jobs.answers(OPENED, TEXT)
        selection.unit_changed.connect(self.changed)
        selection.concept_changed.connect(self.changed)
        rankings.concepts_changed.connect(self.changed)
        recordings.intervention_changed.connect(self.changed)
        recordings.recording_changed.connect(self.changed)

    def intervention(self, how: str, value: float) -> Intervention | None:
        """This done to the selected unit; None where there is none, or it is of no state.

        Args:
            how: `cut`, `hold` or `add`.
        """
        recording, model = self._recordings.recording, self._recordings.model
        if recording is None or model is None:
            return None
        place = recording.groups.place(self._selection.unit)
        state = self._selection.channel
        if state not in carried((state,)):
            state = "hidden"  # a gate is no state that could be held from step to step
        return Intervention(
            layer=place.group,
            unit=place.unit,
            how="add" if how == "add" else "hold",
            value=0.0 if how == "cut" else value,
            state=state,
        )

    def answer(self, intervention: Intervention) -> Ablated | None:
        """What it did, if that was measured with the concept that is chosen now."""
        return self._answers.get(self._asked(intervention))

    def _asked(self, intervention: Intervention) -> AskedIntervention:
        definition = self._rankings.definition(self._selection.concept)
        return AskedIntervention(intervention, definition)

    @property
    def shown(self) -> Intervention | None:
        """What is done to a unit while the text on the screen is read."""
        model = self._recordings.model
        return None if model is None else model.intervention

    @Slot()
    def show(self, intervention: Intervention | None) -> None:
        """Read the open text with this done to a unit, or as the network is."""
        self._recordings.intervene(intervention)

    @property
    def busy(self) -> bool:
        """Whether it is being measured."""
        return self._jobs.busy(Ablate)

    @Slot()
    def request(self, intervention: Intervention) -> None:
        """Measure it on the beginning of the open text, beside 20 random units of the layer."""
        model, text = self._recordings.model, self._recordings.text
        if model is None or text is None:
            return
        name = self._selection.concept
        concept = self._rankings.concept(name) if name is not None else None
        asked = self._asked(intervention)
        read = text.slice(0, CHARACTERS)

        def arrived(answer: Ablated) -> None:
            self._answers.put(asked, answer)
            self.changed.emit()

        self._jobs.start(
            Ablate(
                model=model.changed(None).given,
                text=TextGiven(text=read, name=text.name),
                intervention=intervention,
                concept=None if concept is None else spec_of(concept),
                characters=CHARACTERS,
                sample_length=_SAMPLE,
                sample_start=read[-100:],
            ),
            title=f"Measuring the unit {intervention.in_words}",
            of=(OPENED, TEXT),
            done=arrived,
            progress=arrived,
        )
        self.changed.emit()
