"""What a model file says about itself; read without torch, so that the window can list models.

A model is one `.safetensors` file. Its header's `__metadata__` holds, under `rnnviz`, the JSON of its
description: that of a language model is here, and `core.kinds` knows those of all kinds. Nothing in
the file is ever executed. The format is specified in `docs/formats.md`.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from rnnviz.core.architectures import ArchitectureFacts, facts_of, short_title
from rnnviz.core.errors import ModelFileError
from rnnviz.core.files.reading import open_regular
from rnnviz.core.sequences.vocabulary import Vocabulary

FORMAT_VERSION = 2
"""The newest that is read; plain language models and translators are written in version 1."""
METADATA_KEY = "rnnviz"
CHARACTER_LANGUAGE_MODEL = "character-language-model"

_LARGEST_HEADER = 16 * 1024 * 1024


class ModelDescription(msgspec.Struct, frozen=True, kw_only=True):
    """What a model is: its task, its sizes, its characters and how it was trained."""

    architecture: str
    """A name of `core.architectures.ARCHITECTURES`."""
    layers: int
    units: int
    vocabulary: tuple[str, ...]
    embedding: int = 0
    """Width of the learned character embedding; 0 means one-hot input."""
    skip: bool = False
    """Graves (2013): the input also feeds every layer, and every layer feeds the output."""
    task: str = CHARACTER_LANGUAGE_MODEL
    name: str = ""
    training: dict[str, object] = {}
    """A summary for people: corpus, steps, losses in nats, duration."""
    findings: tuple[dict[str, object], ...] = ()
    """Units found on held-out text, with their scores; the window opens on the first."""
    default_text: str = ""
    """The name of the sample text in `resources/texts` that suits this model."""
    version: int = 1

    @property
    def facts(self) -> ArchitectureFacts:
        """What there is to know of its layers.

        Raises:
            ModelFileError: the architecture is unknown here.
        """
        return facts_of(self.architecture)

    @property
    def total_units(self) -> int:
        """N: the units of all layers together."""
        return self.layers * self.units

    @property
    def summary(self) -> str:
        """What it is, in a phrase for people."""
        return f"{short_title(self.architecture)}, {self.layers} × {self.units} units"

    def check(self, name: str) -> None:
        """Refuse sizes that make no sense; `name` is the file's.

        Raises:
            ModelFileError: naming what is wrong.
        """
        if not (1 <= self.layers <= 64 and 1 <= self.units <= 65536):
            raise ModelFileError(
                f"{name} claims {self.layers} layers of {self.units} units; "
                "the description is damaged"
            )
        if not 0 <= self.embedding <= 65536:
            raise ModelFileError(f"{name} claims an embedding of {self.embedding} numbers")
        self.characters()

    def characters(self) -> Vocabulary:
        """The vocabulary as an object that encodes and decodes."""
        return Vocabulary(self.vocabulary)


def read_header(path: Path) -> dict[str, object]:
    """The JSON header of a safetensors file: tensor names with dtype, shape and data offsets.

    Raises:
        ModelFileError: the file is not safetensors, or its header is cut or absurd.
    """
    try:
        with open_regular(path) as file:
            first = file.read(8)
            if len(first) < 8:
                raise ModelFileError(f"{path.name} holds {len(first)} bytes; that is no model file")
            (length,) = struct.unpack("<Q", first)
            size = os.fstat(file.fileno()).st_size
            if length > min(_LARGEST_HEADER, size - 8):
                raise ModelFileError(
                    f"{path.name} announces a header of {length:,} bytes in a file of {size:,}; "
                    "it is truncated or not a safetensors file"
                )
            header = msgspec.json.decode(file.read(length))
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror}") from error
    except (ValueError, RecursionError, msgspec.DecodeError) as error:
        raise ModelFileError(
            f"the header of {path.name} is not JSON; it is damaged or not a safetensors file"
        ) from error
    if not isinstance(header, dict):
        raise ModelFileError(f"the header of {path.name} is no JSON object; the file is damaged")
    return header


def description_in(header: Mapping[str, Any], name: str) -> str:
    """The description that this header holds, as JSON; `name` is the file's, for the message.

    Raises:
        ModelFileError: it is not one of our files.
    """
    metadata = header.get("__metadata__")
    raw = metadata.get(METADATA_KEY) if isinstance(metadata, dict) else None
    if not isinstance(raw, str):
        raise ModelFileError(
            f"{name} is a safetensors file without an rnnviz description; "
            "only models written by `rnnviz train` carry one"
        )
    return raw


def encode_description(description: msgspec.Struct) -> dict[str, str]:
    """The safetensors metadata that carries this description."""
    return {"format": "pt", METADATA_KEY: msgspec.json.encode(description).decode()}
