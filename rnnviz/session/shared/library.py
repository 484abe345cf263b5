"""What can be opened without a file dialog: shipped models, sample texts, recent files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, QSettings, Signal

from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.model_file import (
    METADATA_KEY,
    ModelDescription,
    read_description,
    read_header,
)

RECENT_FILES = 10


@dataclass(frozen=True)
class ShippedModel:
    """A model that came with the application."""

    path: Path
    description: ModelDescription


@dataclass(frozen=True)
class SampleText:
    """A text that came with the application."""

    path: Path
    title: str
    family: str
    """`prose`, `code` or `latex`: which concepts suit it."""
    source: str
    licence: str


class ShippedTranslator(NamedTuple):
    """A translation model that came with the application."""

    path: Path
    name: str
    attention: bool
    language: str = ""
    """What it reads; empty where that is no language, as for a task with known alignments."""


class Library(QObject):
    """Lists what lies at hand; opens nothing itself.

    Signals:
        recent_changed: the list of recently opened files.
    """

    recent_changed = Signal()

    def __init__(
        self,
        settings: QSettings,
        models: Path,
        resources: Path,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self.models = tuple(_read_models(models))
        self.translators = tuple(_read_translators(models))
        self.texts = tuple(_read_texts(resources / "texts"))

    @property
    def first_model(self) -> ShippedModel | None:
        """The shipped model that the window opens on: the one named for the first sample text."""
        wanted = self.texts[0].path.name if self.texts else ""
        suited = (one for one in self.models if one.description.default_text == wanted)
        largest = max(suited, key=lambda one: one.description.total_units, default=None)
        return largest or next(iter(self.models), None)

    @property
    def first_translator(self) -> ShippedTranslator | None:
        """The translation model to begin with: one of a language, with attention, if there is."""
        order = sorted(self.translators, key=lambda one: (not one.language, not one.attention))
        return next(iter(order), None)

    @property
    def recent(self) -> tuple[Path, ...]:
        """The files opened last, newest first; some may be gone by now."""
        stored = self._settings.value("recent", [])
        # QSettings gives a list of one back as a bare string.
        paths = [stored] if isinstance(stored, str) else stored
        return tuple(Path(str(path)) for path in paths) if isinstance(paths, list) else ()

    def remember(self, path: Path) -> None:
        """Put a file at the top of the recent ones."""
        resolved = path.resolve()
        rest = [str(known) for known in self.recent if known != resolved]
        self._settings.setValue("recent", [str(resolved), *rest][:RECENT_FILES])
        self.recent_changed.emit()

    def forget_recent(self) -> None:
        """Empty the list of recent files."""
        self._settings.setValue("recent", [])
        self.recent_changed.emit()

    def text_for(self, description: ModelDescription) -> SampleText | None:
        """The sample text that suits a model: the one it names, else the first."""
        named = (text for text in self.texts if text.path.name == description.default_text)
        return next(named, self.texts[0] if self.texts else None)


def _read_models(folder: Path) -> list[ShippedModel]:
    models = []
    for path in sorted(folder.glob("*.safetensors")):
        try:
            description = read_description(path)
        except ModelFileError:
            # A broken file beside the good ones must not keep the window from opening.
            continue
        if isinstance(description, ModelDescription):
            models.append(ShippedModel(path, description))
    return models


def _read_translators(folder: Path) -> list[ShippedTranslator]:
    found = []
    for path in folder.glob("*.safetensors"):
        try:
            metadata = read_header(path).get("__metadata__") or {}
            about = json.loads(metadata.get(METADATA_KEY, "{}"))
        except (ModelFileError, ValueError, AttributeError):
            continue
        if isinstance(about, dict) and about.get("task") == "translation":
            name = str(about.get("name") or path.stem)
            attention = about.get("attention") != "none"
            language = str(about.get("source_language") or "")
            found.append(ShippedTranslator(path, name, attention, language))
    return sorted(found, key=lambda one: one.name)


def _read_texts(folder: Path) -> list[SampleText]:
    try:
        listed = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [
        SampleText(
            folder / entry["file"],
            entry["title"],
            entry["family"],
            entry["source"],
            entry["licence"],
        )
        for entry in listed
    ]
