"""What can be opened without a file dialog: shipped models, sample texts, recent files."""

from __future__ import annotations

import json
import math
from functools import cached_property
from pathlib import Path
from typing import Any

from msgspec import Struct
from PySide6.QtCore import QObject, QSettings, Signal

from rnnviz.core.errors import ModelFileError
from rnnviz.core.files.reading import files_in
from rnnviz.core.kinds import KINDS, ModelKind
from rnnviz.core.kinds.described import read_description, read_listed
from rnnviz.core.models.network import Described

RECENT_FILES = 10


class ShippedModel:
    """A model that came with the application.

    Args:
        description: of the type that its kind names; read when it is first wanted, unless given.
        name: what people call it, unless its description is given.
    """

    def __init__(
        self, path: Path, kind: ModelKind, description: Any = None, name: str = ""
    ) -> None:
        self.path, self.kind = path, kind
        self.name = name or str(getattr(description, "name", "") or path.stem)
        self._description = description

    @property
    def description(self) -> Any:
        """What it says about itself.

        Raises:
            ModelFileError: the file is damaged, which its name and kind did not show.
        """
        if self._description is None:
            self._description = read_description(self.path)
        return self._description

    @property
    def sound(self) -> bool:
        """Whether its description can be read."""
        try:
            return self.description is not None
        except ModelFileError:
            return False


class SampleText(Struct, frozen=True):
    """A text that came with the application."""

    path: Path
    title: str
    family: str
    """`prose`, `code`, `latex`, `sentences` or `numbers`: what suits it."""
    source: str
    licence: str


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
        self.texts = tuple(_read_texts(resources / "texts"))

    def of(self, kind: str) -> tuple[ShippedModel, ...]:
        """The shipped models of the kind of this key."""
        return tuple(one for one in self.models if one.kind.key == kind and one.sound)

    @property
    def predicting(self) -> tuple[ShippedModel, ...]:
        """The shipped models that say what comes next in a text."""
        return tuple(one for one in self.models if one.kind.predicts_next and one.sound)

    @property
    def first_model(self) -> ShippedModel | None:
        """The shipped model that the window opens on.

        Of those for the first sample text it is the one whose first finding is the clearest, by the
        AUC in its card; of equals the largest.
        """
        wanted = self.texts[0].path.name if self.texts else ""
        reading = [one for one in self.models if one.kind.samples == "texts" and one.sound]
        suited = (one for one in reading if one.description.default_text == wanted)
        clearest = max(suited, key=lambda one: _clearness(one.description), default=None)
        return clearest or next(iter(reading), None)

    def first_in(self, workspace: str) -> ShippedModel | None:
        """The shipped model that the workspace of this name begins with."""
        seen = (one for one in self.models if one.kind.workspace == workspace and one.sound)
        return min(seen, key=lambda one: one.kind.first(one.description), default=None)

    @property
    def recent(self) -> tuple[Path, ...]:
        """The files opened last, newest first; some may be gone by now."""
        stored = self._settings.value("recent", [])
        # QSettings gives a list of one back as a bare string.
        paths = [stored] if isinstance(stored, str) else stored
        found = [Path(str(path)) for path in paths] if isinstance(paths, list) else []
        return tuple(path for path in found if not self.ships(path))

    def ships(self, path: Path) -> bool:
        """Whether it is one of the models and texts that are listed anyway."""
        return path in self._shipped

    @cached_property
    def _shipped(self) -> frozenset[Path]:
        """Their paths, also without links: asked for every file in the list of recent ones."""
        shipped = {one.path for one in self.models} | {one.path for one in self.texts}
        return frozenset(shipped | {one.resolve() for one in shipped})

    def remember(self, path: Path) -> None:
        """Put a file at the top of the recent ones, which are the person's own."""
        resolved = path.resolve()
        if self.ships(resolved):
            return
        rest = [str(known) for known in self.recent if known != resolved]
        self._settings.setValue("recent", [str(resolved), *rest][:RECENT_FILES])
        self.recent_changed.emit()

    def forget_recent(self) -> None:
        """Empty the list of recent files."""
        self._settings.setValue("recent", [])
        self.recent_changed.emit()

    def text_for(self, description: Described) -> SampleText | None:
        """The sample that suits a model: that which it names; else the first text, if it reads."""
        named = next((one for one in self.texts if one.path.name == description.default_text), None)
        network = getattr(description, "network", None)
        if named is not None or (network is not None and not network.symbols):
            return named
        return self.texts[0] if self.texts else None


def _clearness(description: Described) -> tuple[float, int]:
    """How clearly the first finding of a model that reads texts is seen; then its size."""
    score = description.findings[0].get("score") if description.findings else None
    auc = score.get("auc") if isinstance(score, dict) else None
    if not isinstance(auc, int | float) or not math.isfinite(auc):
        auc = 0.0
    return (float(auc), int(description.total_units))


def _read_models(folder: Path) -> list[ShippedModel]:
    """The models of all kinds: those of a kind together, by their names."""
    models = []
    for path in files_in(folder, ".safetensors"):
        try:
            listed = read_listed(path)
        except ModelFileError:
            # A broken file beside the good ones must not keep the window from opening.
            continue
        if listed.kind.jobs:
            models.append(ShippedModel(path, listed.kind, listed.description, listed.name))
    return sorted(models, key=lambda one: (KINDS.index(one.kind), one.name))


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
