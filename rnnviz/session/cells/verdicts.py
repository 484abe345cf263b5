"""What each word of the chosen document did to a classifier's verdict: asked of the engine once."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from rnnviz.core.kinds import kind_named
from rnnviz.session.shared.identities import Answers
from rnnviz.session.shared.jobs import Jobs
from rnnviz.session.shared.recordings import MODEL, RECORDING, Recordings
from rnnviz.session.shared.selection import Selection
from rnnviz.work.jobs.classification import Explained, ExplainVerdict
from rnnviz.work.jobs.given import TextGiven


class Verdicts(QObject):
    """The explanation of the document that the cursor is in.

    Signals:
        changed: `explained` is of another document, or has come.
    """

    changed = Signal()

    def __init__(
        self,
        jobs: Jobs,
        recordings: Recordings,
        selection: Selection,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs, self._recordings, self._selection = jobs, recordings, selection
        self._known: Answers[int, Explained] = jobs.answers(RECORDING)
        self._asked: Answers[int, bool] = jobs.answers(RECORDING)
        recordings.recording_changed.connect(self.changed)

    @property
    def document(self) -> int:
        """The number of the document that the cursor is in, from 0; the first without a cursor."""
        recording, cursor = self._recordings.recording, self._selection.cursor
        if recording is None or cursor is None or not 0 <= cursor < recording.length:
            return 0
        return recording.documents.of(cursor)

    @property
    def explained(self) -> Explained | None:
        """What its words did, if it is known."""
        return self._known.get(self.document)

    @property
    def can_explain(self) -> bool:
        """Whether the model that read the text is open and can be asked."""
        model, recording = self._recordings.model, self._recordings.recording
        asked = ExplainVerdict.task()
        return (
            model is not None
            and recording is not None
            and self._recordings.is_of_text
            and asked in kind_named(model.kind).jobs
        )

    def request(self) -> None:
        """Ask once what the words of this document did."""
        model, text, document = self._recordings.model, self._recordings.text, self.document
        if not self.can_explain or model is None or text is None:
            return
        if self._known.get(document) is not None or self._asked.get(document):
            return
        self._asked.put(document, True)

        def arrived(explained: Explained) -> None:
            self._known.put(document, explained)
            self.changed.emit()

        self._jobs.start(
            ExplainVerdict(model=model.given, text=TextGiven.of(text), document=document),
            of=(MODEL, RECORDING),
            title="Finding what each word did",
            done=arrived,
        )
