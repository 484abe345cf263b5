"""The open model, the open text, and the recording of one walked through the other."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QObject, Signal, Slot

from rnnviz.core.errors import RecordingError, RnnvizError, TextError
from rnnviz.core.model_file import ModelDescription
from rnnviz.core.recording import Recording, size_bytes
from rnnviz.core.text import Text
from rnnviz.core.text_store import map_text
from rnnviz.session.alignments import Alignments
from rnnviz.session.jobs import Jobs
from rnnviz.session.kept_walks import make_room, walk_key
from rnnviz.work.messages import Failed

LARGE_TEXT_BYTES = 4_000_000
"""A larger text is not read here, where it would hold up the window."""
_READING = "reading"
LARGE_BYTES = 2_000_000_000
"""Above this size a walk is asked for, not started by itself."""
_LIVE = "live-"
"""Begins the names of recordings of what is being typed; they are never opened again."""


class OpenModel(msgspec.Struct, frozen=True):
    """What the window knows of the model that the engine holds."""

    path: str
    description: ModelDescription
    format_title: str
    parameters: int
    channels: tuple[str, ...]
    notes: tuple[str, ...] = ()
    vocabulary: tuple[str, ...] | None = None
    """The characters a person chose, where the file had none."""


class Recordings(QObject):
    """Opens models and texts, and walks one through the other.

    Signals:
        model_changed: `model`; whoever listens decides on the text, or calls `walk_if_small`.
        text_changed: `text`.
        recording_changed: `recording` is another one, or None.
        recording_grew: more characters of the same recording are walked.
        sentences_needed(path, message): a translator's words come from a file; choose it.
        vocabulary_needed(path, size, message): the file has no characters; choose some.
        translator_opened(dict): the engine opened a translation model; this is its answer.
        walk_asked(bytes): a walk would take so much disk; call `walk` with the channels to keep.
    """

    model_changed = Signal()
    text_changed = Signal()
    recording_changed = Signal()
    recording_grew = Signal()
    sentences_needed = Signal(str, str)
    vocabulary_needed = Signal(str, object, str)
    translator_opened = Signal(object)
    walk_asked = Signal(object)

    def __init__(self, jobs: Jobs, cache: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self.cache = cache
        self._live = 0
        self.model: OpenModel | None = None
        self.text: Text | None = None
        self.recording: Recording | None = None
        self.followed = False
        """Whether somebody else walks the text anew from time to time, as a training goes on."""
        self.renewed = False
        """Whether the recording took the place of another walk of the same text."""
        self.ends_early = False
        """Whether the recording ends before the text does, and nobody walks on."""

    # Models

    def open_model(
        self,
        path: Path,
        vocabulary: tuple[str, ...] | None = None,
        sentences: Path | None = None,
    ) -> None:
        """Ask the engine to open a model; what is open stays until it is ready.

        Args:
            path: the file.
            vocabulary: the characters, where the file has none.
            sentences: the file that the words of a translator were numbered from.
        """

        def model_failed(failure: Failed) -> None:
            if failure.kind == "VocabularyNeeded":
                self.vocabulary_needed.emit(str(path), failure.facts["size"], failure.message)
            elif failure.kind == "SentencesNeeded":
                self.sentences_needed.emit(str(path), failure.message)
            else:
                self._jobs.failed.emit(failure)

        beside = {"sentences": str(sentences)} if sentences is not None else {}
        self._jobs.start(
            "open_model",
            {"path": str(path), "vocabulary": vocabulary, **beside},
            slot="open",
            title=f"Opening {path.name}",
            done=self._model_opened,
            failed=model_failed,
        )

    def _model_opened(self, result: dict[str, Any]) -> None:
        if Alignments.is_translator(result):
            self.translator_opened.emit(result)
            return
        self.model = msgspec.convert(result, OpenModel)
        shown = self.recording
        if shown is not None and shown.description.model_path != self.model.path:
            self._set_recording(None)
        self.model_changed.emit()

    def renew(self, model: OpenModel, recording: Recording, related: bool) -> None:
        """Show a walk of the same text through another state of the model, or another model.

        Args:
            related: what was shown was an earlier state of the same training.
        """
        self._jobs.cancel("walk")
        self.model = model
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
        try:
            large = path.stat().st_size > LARGE_TEXT_BYTES
        except OSError as error:
            raise TextError(f"cannot read {path}: {error.strerror}") from error
        if not large:
            self._jobs.cancel(_READING)
            self.show_text(Text.read(path))
            return
        self._live += 1
        # Named as what is typed, it is deleted as that is.
        folder = self.cache / f"{_LIVE}{os.getpid()}-text-{self._live}"
        self._jobs.start(
            "read_text",
            {"path": str(path), "folder": str(folder)},
            slot=_READING,
            title=f"Reading {path.name}",
            done=self._text_read,
        )

    @property
    def reading(self) -> bool:
        """Whether a large text is on its way."""
        return self._jobs.busy(_READING)

    def _text_read(self, facts: dict[str, Any]) -> None:
        try:
            self.show_text(map_text(facts))
        except TextError as error:
            self._jobs.failed.emit(Failed(0, type(error).__name__, str(error)))

    def show_text(self, text: Text) -> None:
        """Take this text and walk it, if a model is open."""
        self.take_text(text)
        self.walk_if_small()

    def take_text(self, text: Text) -> None:
        """Take this text; it is walked when `walk` is called."""
        self.text = text
        self._set_recording(None)
        self.text_changed.emit()

    def type_text(self, typed: str, name: str = "typed text") -> None:
        """Take a text that is being typed; it is walked at once."""
        self.text = Text.of(typed, name)
        self._live += 1
        if self.model is not None and typed:
            self._forget_typed()
            folder = self.cache / f"{_LIVE}{os.getpid()}-{self._live}"
            self._start_walk(folder, self.model.channels, live=True)
        self.text_changed.emit()

    # Walking

    def default_channels(self) -> tuple[str, ...]:
        """All channels of the open model where that is cheap, else the states without gates."""
        if self.model is None or self.text is None:
            return ()
        if self.size_bytes(self.model.channels) <= LARGE_BYTES:
            return self.model.channels
        return tuple(name for name in self.model.channels if name in ("hidden", "cell"))

    def size_bytes(self, channels: tuple[str, ...]) -> int:
        """What recording these channels of the open text takes on disk."""
        if self.model is None or self.text is None:
            return 0
        return size_bytes(len(self.text), self.model.description.total_units, len(channels))

    def walk_if_small(self) -> None:
        """Walk the open text, or ask first if that takes much disk; not while one is followed."""
        if self.model is None or self.text is None or len(self.text) == 0 or self.followed:
            return
        channels = self.default_channels()
        size = self.size_bytes(channels)
        if size > LARGE_BYTES:
            self.walk_asked.emit(size)
        else:
            self.walk(channels)

    def walk(self, channels: tuple[str, ...]) -> None:
        """Walk the open text; a recording of the same walk in the cache is opened instead."""
        if self.model is None or self.text is None:
            return
        model = Path(self.model.path), self.model.vocabulary
        folder = self.cache / walk_key(*model, self.text, channels)
        shown = self.recording
        if shown is not None and shown.folder == folder and shown.complete:
            return
        if self._reopen(folder):
            return
        make_room(self.cache, self.size_bytes(channels), shown.folder if shown else None)
        self._start_walk(folder, channels)

    def show_kept(self, folder: Path, model: Path, text: Path) -> bool:
        """Show a walk of this text that the cache kept, before the engine has opened the model.

        Returns:
            Whether it is there, complete, and of these very files.
        """
        if folder.parent != self.cache or not self._reopen(folder):
            return False
        assert self.recording is not None
        kept = Text.read(text)
        if folder.name != walk_key(model, None, kept, self.recording.channels):
            self._set_recording(None)
            return False
        self.text = kept
        self.text_changed.emit()
        self.recording_changed.emit()
        return True

    def open_recording(self, folder: Path) -> None:
        """Open a recording that lies on disk, without its model.

        Raises:
            RecordingError: not a recording, or damaged; what was open stays.
        """
        recording = Recording(folder)
        self.text = recording.text
        self.text_changed.emit()
        self._set_recording(recording)

    def _reopen(self, folder: Path) -> bool:
        if not (folder / "recording.json").exists():
            return False
        try:
            recording = Recording(folder)
        except RecordingError:
            return False
        if not recording.complete:
            return False
        self._set_recording(recording)
        return True

    def _start_walk(self, folder: Path, channels: tuple[str, ...], live: bool = False) -> None:
        assert self.model is not None and self.text is not None
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        arguments: dict[str, Any] = {
            "model": self.model.path,
            "vocabulary": self.model.vocabulary,
            **self.text.arguments(),
            "folder": str(folder),
            "channels": channels,
        }

        shown = False

        def grew(facts: Mapping[str, Any]) -> None:
            nonlocal shown
            if shown:
                self.recording_grew.emit()
            else:
                shown = True
                self._show_walk(folder, live)

        def done(result: dict[str, Any]) -> None:
            grew(result)

        self._jobs.start(
            "walk",
            arguments,
            slot="walk",
            title=self._title_of_walk(channels, live),
            done=done,
            progress=grew,
        )

    def _title_of_walk(self, channels: tuple[str, ...], live: bool) -> str:
        assert self.text is not None
        if live:
            return "Reading what you typed"
        return f"Walking {self.text.name} ({in_words(self.size_bytes(channels))} on disk)"

    def _show_walk(self, folder: Path, live: bool) -> None:
        try:
            recording = Recording(folder)
            if self.text is not None and recording.length != len(self.text) and not live:
                # The file changed on the disk since it was read here: show what was walked.
                self.text = recording.text
                self.text_changed.emit()
            self._set_recording(recording)
        except RnnvizError as error:
            self._jobs.failed.emit(Failed(0, type(error).__name__, str(error)))

    def _set_recording(self, recording: Recording | None) -> None:
        if recording is None and self.recording is None:
            return
        self.recording = recording
        self.ends_early = self.renewed and recording is not None and not recording.complete
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
                shutil.rmtree(folder, ignore_errors=True)


def in_words(size_bytes: float) -> str:
    """A size for people: `38 MB`, `1.2 GB`."""
    if size_bytes < 1e9:
        return f"{max(1, round(size_bytes / 1e6))} MB"
    return f"{size_bytes / 1e9:.1f} GB"
