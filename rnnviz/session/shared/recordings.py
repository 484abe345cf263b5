"""The open model, the open text, and the recording of one walked through the other."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
from PySide6.QtCore import QObject, Signal, Slot

from rnnviz.core.architectures import carried
from rnnviz.core.cells.intervention import Intervention
from rnnviz.core.errors import RecordingError, RnnvizError, TextError
from rnnviz.core.files.reading import exists, status
from rnnviz.core.kinds.described import from_plain
from rnnviz.core.models.network import Described
from rnnviz.core.models.units import groups_of
from rnnviz.core.recordings.description import FloatType
from rnnviz.core.recordings.groups import Groups
from rnnviz.core.recordings.recording import Recording, size_bytes
from rnnviz.core.sequences.files.number_files import SUFFIXES
from rnnviz.core.sequences.numbers import Numbers
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.texts.text_store import map_text
from rnnviz.core.system.deleting import delete
from rnnviz.core.system.identity import model_digest, text_digest
from rnnviz.session.shared.identities import Subject
from rnnviz.session.shared.jobs import Jobs
from rnnviz.session.shared.kept_walks import kept_walk, make_room, walk_key
from rnnviz.work.jobs.cells import Walk, Walked
from rnnviz.work.jobs.given import ModelGiven, TextGiven
from rnnviz.work.jobs.models import ModelOpened, ReadRecorded, ReadText, TextLaidOut
from rnnviz.work.messages import Failure

MODEL = Subject("model")
"""The weights of the open model."""
OPENED = Subject("opened")
"""What the person opened: it stays while a training that is followed changes the weights."""
INTERVENTION = Subject("intervention")
"""What is done to a unit while it reads."""
TEXT = Subject("text")
"""The open text."""
CHANNELS = Subject("channels")
"""What is to be recorded of it."""
RECORDING = Subject("recording")
"""The recording on the screen."""
LARGE_TEXT_BYTES = 4_000_000
"""A larger text is not read here, where it would hold up the window."""
LARGE_BYTES = 2_000_000_000
"""Above this size a walk is asked for, not started by itself."""
_EXACT = " float32"
"""Tells walks that keep every digit from others."""
_LIVE = "live-"
"""Begins the names of recordings of what is being typed; they are never opened again."""


class OpenModel(msgspec.Struct, frozen=True):
    """What the window knows of the model that the engine holds."""

    path: str
    description: Described
    format_title: str
    parameters: int
    channels: tuple[str, ...]
    notes: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] | None = None
    """The characters a person chose, where the file had none."""
    reading: int = 0
    """Which of the networks that its tensors may be the person chose, from 1; 0 for none."""
    kind: str = "language-model"
    """The key of its kind in `core.kinds`."""
    digest: str = ""
    """Tells this state of the file from others; see `core.system.identity`."""
    intervention: Intervention | None = None
    """What is done to one of its units while it reads; None for the network as it is."""

    @classmethod
    def of(cls, opened: ModelOpened) -> OpenModel:
        """The model that the engine tells of."""
        return cls(
            opened.path,
            from_plain(opened.description, opened.kind),
            opened.format_title,
            opened.parameters,
            opened.channels,
            opened.notes,
            opened.vocabulary,
            opened.reading,
            opened.kind,
            opened.digest,
        )

    @property
    def given(self) -> ModelGiven:
        """What names it in a request."""
        return ModelGiven(
            self.path,
            self.vocabulary,
            reading=self.reading,
            digest=self.digest,
            intervention=self.intervention,
        )

    def changed(self, intervention: Intervention | None) -> OpenModel:
        """The same with this done to a unit, or as it is."""
        return msgspec.structs.replace(self, intervention=intervention)

    def groups(self, channels: tuple[str, ...] | None = None) -> Groups:
        """The units that it will have in a recording of these channels, or of all."""
        return Groups(groups_of(self.description, channels or self.channels))


class Recordings(QObject):
    """Opens models and texts, and walks one through the other.

    Signals:
        model_changed: `model`; whoever listens decides on the text, or calls `walk_if_small`.
        text_changed: `text`.
        intervention_changed: `model` is the same with a unit changed, or as it is again.
        recording_changed: `recording` is another one, or None.
        recording_grew: more characters of the same recording are walked.
        walk_asked(bytes): a walk would take so much disk; call `walk` with the channels to keep.
    """

    model_changed = Signal()
    text_changed = Signal()
    intervention_changed = Signal()
    recording_changed = Signal()
    recording_grew = Signal()
    walk_asked = Signal(object)

    def __init__(self, jobs: Jobs, cache: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.cache = cache
        self._live = 0
        self._text_digest = self._recorded_digest = ""
        self.model: OpenModel | None = None
        self.text: Text | None = None
        self.recording: Recording | None = None
        self.dtype: FloatType = "float16"
        """Of the values of walks that are made from now on."""
        self.followed = False
        """Whether somebody else walks the text anew from time to time, as a training goes on."""
        self.renewed = False
        """Whether the recording took the place of another walk of the same text."""
        self.ends_early = False
        """Whether the recording ends before the text does, and nobody walks on."""

    # Models

    def take_model(self, opened: ModelOpened) -> None:
        """Take the model that the engine has just opened."""
        self._set_model(OpenModel.of(opened))
        self.model_changed.emit()

    def _set_model(self, model: OpenModel | None, *, followed: bool = False) -> None:
        """Take this model; a recording of another one is no longer shown."""
        self.model = model
        if self._name_model(None if model is None else model.given, followed) and not followed:
            self._set_recording(None)

    def _name_model(self, given: ModelGiven | None, followed: bool = False) -> bool:
        """Drop what was asked of another model than this; whether there was another."""
        self._jobs.now(INTERVENTION, given and given.intervention)
        if not followed:
            self._jobs.now(OPENED, given)
        return self._jobs.now(MODEL, given)

    def intervene(self, intervention: Intervention | None) -> None:
        """Read the open text with this done to a unit, or with the network as it is again.

        Whatever is asked of the model from now on is asked of the changed one.
        """
        if self.model is None or self.model.intervention == intervention:
            return
        channels = self.recording.channels if self.recording is not None else None
        # Not `OPENED`: a file that is on its way still comes.
        self._set_model(self.model.changed(intervention), followed=True)
        self._set_recording(None)
        self.intervention_changed.emit()
        if channels is not None:
            self.walk(channels)
        else:
            self.walk_if_small()

    def holds(self, unit: int) -> bool:
        """Whether this unit stays what the person holds it at, so that nothing follows from it."""
        done = None if self.model is None else self.model.intervention
        if done is None or done.how != "hold" or self.recording is None:
            return False
        place = self.recording.groups.place(unit)
        return (place.group, place.unit) == (done.layer, done.unit)

    def renew(self, model: OpenModel, recording: Recording, related: bool) -> None:
        """Show a walk of the same text through another state of the model, or another model.

        Args:
            related: what was shown was an earlier state of the same training.
        """
        self._set_model(model, followed=related)
        if not related:
            self.model_changed.emit()
        self.renewed = True
        self._set_recording(recording)
        self.renewed = False

    # Texts

    def open_text(self, path: Path) -> None:
        """Open a text file and walk it; a large one is read by the engine, and comes later.

        Raises:
            TextError: it cannot be read; what was open stays.
        """
        if path.suffix.lower() in SUFFIXES and exists(path):
            # Arrays, of which there is nothing to read as text.
            self.show_text(Text(np.zeros(0, np.uint8), path.name, path))
            return
        self.read_text(path, self.show_text)

    def read_text(self, path: Path, done: Callable[[Text], None]) -> None:
        """Read a text file for what is done next: at once, or later where it is large.

        It is not done any more where another text was taken before it came.

        Raises:
            TextError: it cannot be read.
        """
        try:
            large = status(path).st_size > LARGE_TEXT_BYTES
        except OSError as error:
            raise TextError(f"cannot read {path}: {error.strerror}") from error
        if not large:
            done(Text.read(path))
            return
        self._live += 1
        # Named as what is typed, it is deleted as that is.
        folder = self.cache / f"{_LIVE}{os.getpid()}-text-{self._live}"
        self._jobs.start(
            ReadText(path=str(path), folder=str(folder)),
            of=(TEXT,),
            title=f"Reading {path.name}",
            done=partial(self._text_read, done),
        )

    @property
    def is_of_text(self) -> bool:
        """Whether the recording is of the open text: one that is typed is ahead of it."""
        return self.recording is not None and self._recorded_digest == self._text_digest

    @property
    def reading(self) -> bool:
        """Whether a large text is on its way."""
        return self._jobs.busy(ReadText)

    def _text_read(self, done: Callable[[Text], None], found: TextLaidOut) -> None:
        try:
            done(map_text(Path(found.path), Path(found.folder), found.width, found.how))
        except RnnvizError as error:
            self._jobs.failed.emit(Failure.of(error))

    def show_text(self, text: Text) -> None:
        """Take this text and walk it, if a model is open."""
        self.take_text(text)
        self.walk_if_small()

    def take_text(self, text: Text) -> None:
        """Take this text; it is walked when `walk` is called."""
        self._set_text(text)
        self._set_recording(None)
        self.text_changed.emit()

    def type_text(self, typed: str, name: str = "typed text") -> None:
        """Take a text that is being typed; it is walked at once."""
        self._set_text(Text.of(typed, name))
        self._live += 1
        if self.model is not None and typed:
            self._forget_typed()
            folder = self.cache / f"{_LIVE}{os.getpid()}-{self._live}"
            self._jobs.now(CHANNELS, self.model.channels)
            self._start_walk(folder, self.model.channels, live=True)
        else:
            self._set_recording(None)
        self.text_changed.emit()

    def _set_text(self, text: Text, *of: object) -> None:
        """Take this text; whatever is still on its way for another one is dropped.

        Args:
            of: what tells it from others, where its file does not.
        """
        self.text = text
        self._text_digest = str(of) if of else text_digest(text)
        self._jobs.now(TEXT, self._text_digest)
        # What was still being read belonged to the text before, also where this one is the same.
        self._jobs.cancel(ReadText)

    # Walking

    def default_channels(self) -> tuple[str, ...]:
        """All channels of the open model where that is cheap, else the states without gates."""
        if self.model is None or self.text is None:
            return ()
        if self.size_bytes(self.model.channels) <= LARGE_BYTES:
            return self.model.channels
        return carried(self.model.channels)

    def size_bytes(self, channels: tuple[str, ...], dtype: FloatType | None = None) -> int:
        """What recording these channels of the open text takes on disk."""
        if self.model is None or self.text is None:
            return 0
        return size_bytes(len(self.text), self.model.groups(channels), None, dtype or self.dtype)

    def walk_if_small(self) -> None:
        """Walk the open text, or ask first if that takes much disk; not while one is followed."""
        if self.model is None or self.text is None or self.followed:
            return
        arrays = self.text.path is not None and self.text.path.suffix.lower() in SUFFIXES
        if len(self.text) == 0 and not arrays:
            return
        channels = self.default_channels()
        size = self.size_bytes(channels)
        if size > LARGE_BYTES:
            self.walk_asked.emit(size)
        else:
            self.walk(channels)

    def walk(self, channels: tuple[str, ...]) -> None:
        """Walk the open text.

        What the cache keeps of the same walk is shown at once; where it was left, it goes on.
        """
        if self.model is None or self.text is None:
            return
        self._jobs.now(CHANNELS, channels)
        stamp = self.model.given.stamp + _EXACT * (self.dtype == "float32")
        folder = self.cache / walk_key(stamp, self._text_digest, channels)
        shown, kept = self.recording, kept_walk(folder)
        if kept is not None and (shown is None or shown.folder != folder):
            self._set_recording(kept)
        # What is under way is this very walk: that of anything else has just been dropped.
        if (kept is not None and kept.complete) or self._jobs.busy(Walk):
            return
        make_room(self.cache, self.size_bytes(channels), folder)
        self._start_walk(folder, channels)

    def record_exactly(self, exact: bool) -> None:
        """Keep values to the last digit, in float32 and twice the room, or in float16 again.

        The open text is walked anew.
        """
        dtype: FloatType = "float32" if exact else "float16"
        if dtype == self.dtype:
            return
        self.dtype = dtype
        self._jobs.cancel(Walk)
        if self.model is not None and self.text is not None:
            self.walk_if_small()

    def show_kept(self, folder: Path, model: Path, text: Path) -> bool:
        """Show a walk of this text that the cache kept, before the engine has opened the model.

        Returns:
            Whether it is there, complete, and of these very files.
        """
        kept = kept_walk(folder) if folder.parent == self.cache else None
        if kept is None or not kept.complete:
            return False
        read, named = Text.read(text), model_digest(model, None)
        exact = _EXACT * (kept.description.dtype == "float32")
        if folder.name != walk_key(named + exact, text_digest(read), kept.channels):
            return False
        self._name_model(ModelGiven(str(model), digest=named))
        self._set_text(read)
        self._jobs.now(CHANNELS, kept.channels)
        self.text_changed.emit()
        self._set_recording(kept)
        return True

    def open_recording(self, folder: Path) -> None:
        """Open a recording that lies on disk, without its model: another one's is let go of.

        Raises:
            RecordingError: not a recording, or damaged; what was open stays.
        """
        recording = Recording(folder)
        self._set_model(None)
        self._set_text(recording.text, "recorded in", folder)
        self.model_changed.emit()
        self.text_changed.emit()
        self._set_recording(recording)

    def open_recorded(self, path: Path) -> None:
        """Open what another program recorded; what is open stays until that is read."""
        try:
            about = status(path)
        except OSError as error:
            raise RecordingError(f"cannot read {path}: {error.strerror}") from error
        stamp = hashlib.sha256(f"{path.resolve()} {about.st_size} {about.st_mtime_ns}".encode())
        folder = self.cache / f"elsewhere-{stamp.hexdigest()[:24]}.recording"
        self._jobs.start(
            ReadRecorded(path=str(path), folder=str(folder)),
            of=(MODEL, TEXT),
            title=f"Reading {path.name}",
            done=self._open_read,
        )

    def _open_read(self, found: TextLaidOut) -> None:
        self.open_recording(Path(found.folder))

    def _start_walk(self, folder: Path, channels: tuple[str, ...], live: bool = False) -> None:
        assert self.model is not None and self.text is not None
        walk = Walk(
            model=self.model.given,
            text=TextGiven.of(self.text),
            folder=str(folder),
            channels=channels,
            dtype=self.dtype,
        )

        def grew(walked: Walked) -> None:
            self._show_walk(folder, walked.characters)

        self._jobs.start(
            walk,
            of=(MODEL, TEXT, CHANNELS),
            title=self._title_of_walk(channels, live),
            done=grew,
            progress=grew,
        )

    def _title_of_walk(self, channels: tuple[str, ...], live: bool) -> str:
        assert self.text is not None
        if live:
            return "Reading what you typed"
        return f"Walking {self.text.name} ({in_words(self.size_bytes(channels))} on disk)"

    def _show_walk(self, folder: Path, walked: int) -> None:
        """Show the walk in this folder, which has come to this character by now."""
        shown = self.recording
        # A walk that could not go on where it was left has begun anew, in files of its own.
        if (
            shown is not None
            and shown.folder == folder
            and shown.walked >= min(walked, shown.length)
        ):
            self.recording_grew.emit()
            return
        try:
            recording = Recording(folder)
            if self._is_of_open_text(recording):
                self._set_recording(recording)
            else:
                self._read_again(folder)
        except RnnvizError as error:
            self._jobs.failed.emit(Failure.of(error))

    def _is_of_open_text(self, recording: Recording) -> bool:
        """Whether the engine read the same characters from the file as were read here before."""
        assert self.text is not None
        if isinstance(recording.sequence, Numbers):
            return recording.sequence.path == self.text.path
        read, codes = self.text.codes, recording.text.codes
        if len(read) > LARGE_TEXT_BYTES:
            return len(read) == len(codes)
        return np.array_equal(read, codes)

    def _read_again(self, folder: Path) -> None:
        """The file changed on the disk since it was read here: read it anew, and walk that."""
        assert self.text is not None and self.text.path is not None
        path = self.text.path
        self._jobs.cancel(Walk)
        delete(folder)
        self.open_text(path)

    def _set_recording(self, recording: Recording | None) -> None:
        if recording is None and self.recording is None:
            return
        self.recording, self._recorded_digest = recording, self._text_digest
        self.ends_early = self.renewed and recording is not None and not recording.complete
        self._jobs.now(RECORDING, None if recording is None else recording.folder)
        self.recording_changed.emit()

    @Slot()
    def close(self) -> None:
        """Let the recording go and delete what was typed."""
        self.recording = None
        self._forget_typed()

    def _forget_typed(self) -> None:
        """Delete the walks of what was typed, but the one on the screen."""
        for folder in self.cache.glob(f"{_LIVE}{os.getpid()}-*"):
            if self.recording is None or self.recording.folder != folder:
                delete(folder)


def in_words(size_bytes: float) -> str:
    """A size for people: `38 MB`, `1.2 GB`."""
    if size_bytes < 1e9:
        return f"{max(1, round(size_bytes / 1e6))} MB"
    return f"{size_bytes / 1e9:.1f} GB"
