"""Concepts on the open text: their labels, the ranking of all units, the probe."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from rnnviz.core.cells.families import family_of, suited
from rnnviz.core.concepts import (
    CONCEPTS,
    Concept,
    concept_from,
    load_concept_file,
    save_concept_file,
    spec_of,
)
from rnnviz.core.concepts.base import Labels
from rnnviz.core.concepts.custom import Expression
from rnnviz.core.errors import ConceptError
from rnnviz.core.files.names import file_name_for
from rnnviz.core.files.reading import files_in
from rnnviz.core.recordings.recording import Recording
from rnnviz.core.scoring import Ranking, read_ranking
from rnnviz.core.scoring.document_labels import DocumentRanking, labels_of
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.core.sequences.text import Text
from rnnviz.session.shared.identities import Answers, Subject
from rnnviz.session.shared.jobs import Jobs
from rnnviz.session.shared.recordings import RECORDING, TEXT, Recordings
from rnnviz.session.shared.selection import Selection
from rnnviz.work.jobs.cells import (
    BestUnits,
    FindBest,
    FitProbe,
    Label,
    Labelled,
    Rank,
    RankDocuments,
    Written,
)
from rnnviz.work.messages import Failure, Request

if TYPE_CHECKING:
    from rnnviz.core.scoring.probe import Probe

_HEAD = 20_000
"""Characters that say of what kind a text is."""
_MOST_COLUMNS = 100
"""So many columns of numbers are offered as concepts."""
_AboutConcept = type[Label] | type[Rank] | type[FitProbe]
CONCEPTS_MADE = Subject("concepts")
"""The concepts that a person made."""


class Rankings(QObject):
    """What is known about concepts on the recording; asked for once, kept until it changes.

    Signals:
        concepts_changed: a person's concept was added, changed or removed.
        best_changed: `best` is known.
        labels_changed(name): `labels(name)` is known.
        ranking_changed(name): `ranking(name)` is known.
        probe_changed(name): `probe(name)` is known.
        documents_changed: `document_ranking` is known, or why there is none.
    """

    concepts_changed = Signal()
    best_changed = Signal()
    labels_changed = Signal(str)
    ranking_changed = Signal(str)
    probe_changed = Signal(str)
    documents_changed = Signal()

    def __init__(
        self,
        jobs: Jobs,
        recordings: Recordings,
        selection: Selection,
        folder: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._recordings = recordings
        self._selection = selection
        self._folder = folder
        self._custom: dict[str, Concept] = {}
        self._lent: dict[str, Concept] = {}
        """Concepts of stories and findings that were shown; they are kept in no file."""
        # Labels say something of the text alone, but there is one for each step that reads it.
        self._labels: Answers[str, dict[Path | None, Labels]] = jobs.answers(TEXT)
        self._readings: Answers[str, str] = jobs.answers(TEXT)
        self._rankings: Answers[str, Ranking] = jobs.answers(RECORDING)
        self._probes: Answers[str, Probe] = jobs.answers(RECORDING)
        self._partial: Answers[tuple[_AboutConcept, str], bool] = jobs.answers(RECORDING)
        """Requests and concepts that were answered while the text was still being walked."""
        self._of_columns: tuple[Recording, tuple[Concept, ...]] | None = None
        self._family: tuple[Text, str] | None = None
        """The open text, and which family of concepts suits it."""
        self._of_documents: Answers[str, DocumentRanking | str] = jobs.answers(RECORDING)
        self._document_labels: tuple[Recording, int, tuple[str, ...]] | None = None
        self._best: Answers[str, BestUnits] = jobs.answers(RECORDING, CONCEPTS_MADE)
        self.damaged = self._load()
        """Files among the person's concepts that cannot be read, and why."""
        recordings.recording_changed.connect(self._request_labels_of_selected)
        selection.concept_changed.connect(self._request_labels_of_selected)

    # Concepts

    @property
    def concepts(self) -> tuple[Concept, ...]:
        """The built-in concepts, the columns of open numbers, then those that the person made."""
        return (*CONCEPTS, *self._columns, *self._custom.values(), *self._lent.values())

    @property
    def _columns(self) -> tuple[Concept, ...]:
        """A concept for each column of the numbers that were read, and of what was wanted."""
        recording = self._recordings.recording
        if recording is None or not isinstance(recording.sequence, Numbers):
            return ()
        if self._of_columns is None or self._of_columns[0] is not recording:
            names = list(recording.sequence.named)[:_MOST_COLUMNS]
            usable = [name for name in names if "`" not in name and "\n" not in name]
            made = (Expression.of_column(name).concept() for name in usable)
            self._of_columns = recording, tuple(made)
        return self._of_columns[1]

    @property
    def suited(self) -> tuple[Concept, ...]:
        """The concepts that suit the open text, and the chosen one."""
        recording, chosen = self._recordings.recording, self._selection.concept
        if recording is not None and isinstance(recording.sequence, Numbers):
            return suited(self.concepts, "numbers")
        fitting = self._fitting
        return tuple(one for one in self.concepts if one in fitting or one.name == chosen)

    @property
    def _fitting(self) -> tuple[Concept, ...]:
        """The concepts that suit the open text."""
        text = self._recordings.text
        if text is None:
            return self.concepts
        if self._family is None or self._family[0] is not text:
            self._family = text, family_of(text.name, text.slice(0, _HEAD))
        return suited(self.concepts, self._family[1])

    def suits_text(self, name: str) -> bool:
        """Whether the concept of this name suits the open text."""
        return any(one.name == name for one in self._fitting)

    def concept(self, name: str) -> Concept | None:
        """The concept of this name, if there is one."""
        return next((concept for concept in self.concepts if concept.name == name), None)

    def definition(self, name: str | None) -> str:
        """What the concept of this name is now: a person may give the name to another one."""
        concept = None if name is None else self.concept(name)
        return "" if concept is None else repr(spec_of(concept))

    def is_custom(self, name: str) -> bool:
        """Whether a person made this concept."""
        return name in self._custom

    def add(self, spec: dict[str, object]) -> Concept:
        """Add a person's concept, or replace the one of the same name.

        Raises:
            ConceptError: the description is malformed.
        """
        concept = concept_from(spec)
        self.add_concept(concept)
        return concept

    def lend(self, spec: dict[str, object]) -> str:
        """Know the concept of a story or a finding as long as this window is open.

        Returns:
            The name that it has here: another one where a concept of its name is a different one.

        Raises:
            ConceptError: the description is malformed.
        """
        wanted = concept_from(spec)
        name, number = wanted.name, 1
        while (known := self.concept(name)) is not None:
            if spec_of(known) == spec_of(wanted):
                return name
            number += 1
            name = f"{wanted.name}-{number}"
            wanted = concept_from({**spec, "name": name})
        self._lent[name] = wanted
        self.concepts_changed.emit()
        return name

    def add_concept(self, concept: Concept) -> None:
        """Add a person's concept, keep it in a file, and list it.

        Raises:
            ConceptError: it has the name of a built-in one, or its file cannot be written.
        """
        if any(known.name == concept.name for known in CONCEPTS):
            raise ConceptError(
                f"a concept called {concept.name!r} comes with rnnviz; choose another title"
            )
        save_concept_file(concept, self._file(concept.name))
        self._custom[concept.name] = concept
        self._forget(concept.name)
        self.concepts_changed.emit()

    def remove(self, name: str) -> None:
        """Remove a person's concept and its file; `add_concept` brings it back."""
        if self._custom.pop(name, None) is not None:
            self._forget(name)
            self._file(name).unlink(missing_ok=True)
            if self._selection.concept == name:
                self._selection.set_concept(None)
            self.concepts_changed.emit()

    def _forget(self, name: str) -> None:
        """Drop what is known of a concept of this name, and what is on its way."""
        self._jobs.now(CONCEPTS_MADE, *map(repr, map(spec_of, self._custom.values())))
        for known in (self._labels, self._readings, self._rankings, self._probes):
            known.drop(name)

    def _file(self, name: str) -> Path:
        # A name is made of a title, and a title may hold anything.
        return self._folder / f"{file_name_for(name)}.json"

    def _load(self) -> dict[str, str]:
        damaged = {}
        for path in files_in(self._folder, ".json"):
            try:
                concept = load_concept_file(path)
            except ConceptError as error:
                damaged[path.name] = str(error)
            else:
                self._custom[concept.name] = concept
        return damaged

    # What is known

    def labels(self, name: str) -> Labels | None:
        """The labels (T,) of this concept on the recording's text, if they are known yet."""
        return (self._labels.get(name) or {}).get(self._steps)

    @property
    def _steps(self) -> Path | None:
        """Whose steps are labelled: None for characters, which are the same for every network."""
        recording = self._recordings.recording
        characters = recording is None or isinstance(recording.sequence, Text)
        return None if characters or recording is None else recording.folder

    def reading(self, name: str) -> str:
        """What this concept found to read in the text, in a sentence; empty if nothing is said."""
        return self._readings.get(name) or ""

    def ranking(self, name: str) -> Ranking | None:
        """The ranking of all units for this concept, if it is known yet."""
        return self._rankings.get(name)

    def probe(self, name: str) -> Probe | None:
        """The linear probe for this concept, if it is known yet."""
        return self._probes.get(name)

    def probe_is_partial(self, name: str) -> bool:
        """Whether the probe was fitted before the text was walked to its end."""
        return (FitProbe, name) in self._partial

    @property
    def best(self) -> BestUnits | None:
        """The best unit for each concept that suits the text, if they were looked for."""
        return self._best.get("")

    @property
    def document_labels(self) -> tuple[str, ...]:
        """What the documents of the recording are said to be; empty where nothing is."""
        recording = self._recordings.recording
        if recording is None:
            return ()
        known = self._document_labels
        if known is None or known[:2] != (recording, recording.walked):
            known = self._document_labels = recording, recording.walked, labels_of(recording)
        return known[2]

    def document_ranking(self, label: str) -> DocumentRanking | str | None:
        """The ranking of all units for a label of the documents, or why there is none."""
        return self._of_documents.get(label)

    # Asking

    def request_document_ranking(self, label: str) -> None:
        """Ask which units tell a label of the documents; `documents_changed` follows."""
        recording = self._recordings.recording
        if recording is None or label in self._of_documents or self._jobs.busy(RankDocuments):
            return

        def arrived(found: DocumentRanking | str) -> None:
            self._of_documents.put(label, found)
            self.documents_changed.emit()

        self._jobs.start(
            RankDocuments(folder=str(recording.folder), label=label),
            of=(RECORDING,),
            title=f"Ranking all units for documents that are “{label}”",
            done=arrived,
            failed=lambda failure: arrived(failure.message),
        )

    def request_best(self) -> None:
        """Look for the best unit of each concept, once; `best_changed` follows."""
        recording = self._recordings.recording
        if recording is None or not recording.complete or "" in self._best:
            return
        if self._jobs.busy(FindBest) or not self._recordings.is_of_text:
            return

        def arrived(found: BestUnits) -> None:
            self._best.put("", found)
            self.best_changed.emit()

        def failed(failure: Failure) -> None:
            self._best.put("", BestUnits(()))
            self.best_changed.emit()

        self._jobs.start(
            FindBest(folder=str(recording.folder), concepts=tuple(map(spec_of, self.suited))),
            of=(RECORDING, CONCEPTS_MADE),
            title="Looking for the best unit of each concept",
            done=arrived,
            failed=failed,
        )

    def request_labels(self, name: str) -> None:
        """Ask for a concept's labels; `labels_changed` follows."""
        steps = self._steps
        if self.labels(name) is not None:
            return

        def arrived(labels: Labelled) -> None:
            found = np.load(labels.path, mmap_mode="r")
            self._labels.put(name, {**(self._labels.get(name) or {}), steps: found})
            self._readings.put(name, labels.reading)
            self.labels_changed.emit(name)

        self._ask(Label, name, "Labelling", arrived)

    def request_ranking(self, name: str) -> None:
        """Ask for the ranking of all units; `ranking_changed` follows, also if it was known."""
        if name in self._rankings and (Rank, name) not in self._partial:
            self.ranking_changed.emit(name)
            return

        def arrived(ranking: Written) -> None:
            self._rankings.put(name, read_ranking(Path(ranking.path)))
            self.ranking_changed.emit(name)

        self._ask(Rank, name, "Ranking all units for", arrived)

    def request_probe(self, name: str) -> None:
        """Ask for the linear probe over all units; `probe_changed` follows."""
        if name in self._probes and not self.probe_is_partial(name):
            self.probe_changed.emit(name)
            return

        def arrived(fitted: Written) -> None:
            from rnnviz.core.scoring.probe import read_probe  # here: the window starts without

            self._probes.put(name, read_probe(Path(fitted.path)))
            self.probe_changed.emit(name)

        self._ask(FitProbe, name, "Probing all units for", arrived)

    @Slot()
    def _request_labels_of_selected(self) -> None:
        self._leave_unsuited()
        if self._selection.concept is not None:
            self.request_labels(self._selection.concept)

    def _leave_unsuited(self) -> None:
        """Let a concept of texts go where numbers are open, and one of numbers where a text is."""
        recording, chosen = self._recordings.recording, self._selection.concept
        if recording is None or chosen is None:
            return
        concept = self.concept(chosen)
        numbers = isinstance(recording.sequence, Numbers)
        if concept is None or (concept.steps is None if numbers else concept.family == "numbers"):
            self._selection.set_concept(None)

    def _ask(
        self, ask: _AboutConcept, name: str, verb: str, arrived: Callable[[Any], None]
    ) -> None:
        recording, concept = self._recordings.recording, self.concept(name)
        if recording is None or concept is None:
            return
        if ask is Label and not self._recordings.is_of_text:
            return  # they come with the walk of what is being typed
        complete = recording.complete

        def done(written: Written | Labelled) -> None:
            self._partial.drop((ask, name))
            if not complete:
                self._partial.put((ask, name), True)
            arrived(written)

        request: Request[None, Any] = ask(folder=str(recording.folder), concept=spec_of(concept))
        self._jobs.start(
            request,
            of=(TEXT if ask is Label else RECORDING, CONCEPTS_MADE),
            title=f"{verb} “{concept.title}”",
            done=done,
        )
