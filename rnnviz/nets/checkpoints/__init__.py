"""Reading model files, ours and other people's. To add a format: a file, and its name below.

An importer gives an opened model of any kind. A file is recognised once, and what was read of it to
recognise it is not read again to load it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rnnviz.core.errors import ModelFileError, VocabularyNeeded
from rnnviz.core.files.reading import check_fits
from rnnviz.core.kinds import kind_named
from rnnviz.core.models.model_folder import model_file_in
from rnnviz.nets.checkpoints.base import Companions, Importer, ModelFile
from rnnviz.nets.checkpoints.keras.importer import Keras
from rnnviz.nets.checkpoints.linear_recurrences.mamba import Mamba
from rnnviz.nets.checkpoints.linear_recurrences.rwkv import Rwkv
from rnnviz.nets.checkpoints.native import Native
from rnnviz.nets.checkpoints.onnx.importer import Onnx
from rnnviz.nets.checkpoints.pytorch.arrays_state import ArraysStateDict
from rnnviz.nets.checkpoints.pytorch.checksums import checked_meanwhile
from rnnviz.nets.checkpoints.pytorch.importers import PyTorchModule, PyTorchStateDict, TorchScript
from rnnviz.nets.checkpoints.pytorch.safetensors_state import SafetensorsStateDict
from rnnviz.nets.checkpoints.pytorch.shards import shards_named_in
from rnnviz.nets.checkpoints.tensorflow_js.ml5 import Ml5
from rnnviz.nets.checkpoints.tensorflow_js.tfjs import TensorFlowJS
from rnnviz.nets.checkpoints.torch7.importer import Torch7
from rnnviz.nets.checkpoints.translators.arrays import LetterArrays
from rnnviz.nets.checkpoints.translators.pair import TranslatorPair
from rnnviz.nets.checkpoints.translators.tutorial import Tutorial
from rnnviz.nets.checkpoints.unrecognised import describe
from rnnviz.nets.checkpoints.vocabulary.folder import vocabulary_in_folder
from rnnviz.nets.opened import OpenedModel

IMPORTERS: tuple[type[Importer], ...] = (
    Native,
    Rwkv,
    Mamba,
    SafetensorsStateDict,
    Tutorial,
    TranslatorPair,
    LetterArrays,
    ArraysStateDict,
    TorchScript,
    PyTorchModule,
    PyTorchStateDict,
    Torch7,
    Keras,
    TensorFlowJS,
    Ml5,
    Onnx,
)
"""Asked in this order, the surest first."""

__all__ = ["IMPORTERS", "Companions", "Importer", "ModelFile", "OpenedModel", "open_model"]


def open_model(
    path: Path,
    vocabulary: Sequence[str] | None = None,
    sentences: Path | None = None,
    *,
    kind: str = "",
    reading: int = 0,
    symbols: bool = False,
    known: ModelFile | None = None,
) -> OpenedModel:
    """The model in a file or a folder, whatever its name and kind; nothing in it is run.

    Args:
        vocabulary: the characters in the order of their ids, for a file that lacks them.
        sentences: the file that the words of a translator come from, for a file that lacks them.
        kind: the key of the kind that is wanted; empty takes any.
        reading: which of the networks that the tensors may be, from 1; 0 takes the likeliest.
        symbols: whether symbols will be given: what may read these or numbers reads symbols.
        known: the file, where some of it was read already; that is not read again.

    Raises:
        VocabularyNeeded: the network is fine, the characters are neither in the file nor given.
        SentencesNeeded: likewise, the sentences of a translator.
        ReadingNeeded: the tensors may be several networks, and the likeliest is not likely enough.
        ModelFileError: unreadable, of no known format, damaged, hostile, of another kind than was
            wanted, or no model that can be shown.
    """
    try:
        if path.is_dir():
            path = model_file_in(path)
        check_fits(path)
        if shards := shards_named_in(path):
            path = shards[0]
            check_fits(path)
        file = known if known is not None and known.path == path else ModelFile(path)
        companions = Companions(vocabulary, sentences, reading, path, symbols)
        with checked_meanwhile():
            for importer in IMPORTERS:
                if importer.recognises(file):
                    return _wanted(_loaded(importer, file, companions), kind, path.name)
        formats = ", ".join(importer.title for importer in IMPORTERS)
        raise ModelFileError(f"{path.name} is {describe(path, formats)}")
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror or error}") from error
    except MemoryError as error:
        raise ModelFileError(f"{path.name} needs more memory than there is") from error


def _loaded(importer: type[Importer], file: ModelFile, companions: Companions) -> OpenedModel:
    """The model, its symbols from beside it where the file lacks them and nothing was given."""
    try:
        return importer.load(file, companions)
    except VocabularyNeeded as needed:
        beside = vocabulary_in_folder(file.path, needed.size)
        if companions.vocabulary is not None or beside is None:
            raise
    symbols, name = beside
    opened = importer.load(file, replace(companions, vocabulary=symbols))
    said = f"its symbols are those of {name}, which lies beside it and lists just as many"
    return replace(opened, notes=(said, *opened.notes))


def _wanted(opened: OpenedModel, kind: str, file: str) -> OpenedModel:
    """The model, if it is of this kind.

    Raises:
        ModelFileError: it is of another.
    """
    if kind and opened.kind != kind:
        found, wanted = kind_named(opened.kind), kind_named(kind)
        raise ModelFileError(
            f"{file} is {found.with_article}, {found.use}; choose {wanted.with_article}"
        )
    return opened
