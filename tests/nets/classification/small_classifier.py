"""A small classifier with weights by chance, and a text for it."""

from __future__ import annotations

from pathlib import Path

from rnnviz.core.models.classification import ClassifierDescription
from rnnviz.core.models.translation import TokenizerDescription
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.classification.model import Classifier
from rnnviz.nets.sequence.symbols.reader import SymbolReader

TEXT = "label\ttext\nup\tVery good, very fine.\ndown\tbad\nup\tnot so bad at all\n"


def small_classifier(**changed: object) -> Classifier:
    """Two layers of five units, both ways, with attention; as version 1 describes it."""
    known = SymbolReader.trained("words", [TEXT], 30, lower=True).symbols.vocabulary
    tokens = TokenizerDescription(kind="unicode-words", tokens=known, lower=True)
    fields: dict[str, object] = {
        "architecture": "lstm", "layers": 2, "units": 5, "embedding": 4, "bidirectional": True,
        "readout": "attention", "name": "small", **changed,
    }  # fmt: skip
    about = ClassifierDescription(tokens=tokens, classes=("down", "up"), **fields)  # type: ignore[arg-type]
    return Classifier(about.today(), seed=1).eval()


def saved_classifier(folder: Path, **changed: object) -> Path:
    """The same in a file."""
    path = folder / "small.safetensors"
    save_model(path, small_classifier(**changed))
    return path
