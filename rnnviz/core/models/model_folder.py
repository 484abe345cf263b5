"""A folder opened as what it holds: which of its files says what the model in it is.

TensorFlow.js, ml5 and an unpacked `.keras` keep a model as several files in a folder, one of which
names the others; and a folder may hold nothing but one file of weights. Reads the heads of files.
"""

from __future__ import annotations

import re
from pathlib import Path

from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.moments import moments_of
from rnnviz.core.files.reading import read_head

_HEAD = 1 << 16
_INDEX = ".index.json"
_MOST_FILES = 2000
_SAVED_MODEL = ("saved_model.pb", "saved_model.pbtxt")
_CHECKPOINT = re.compile(r".+\.data-\d+-of-\d+|.+\.meta|checkpoint")
_WEIGHTS = {
    ".safetensors", ".pt", ".pth", ".ckpt", ".t7", ".pkl", ".h5", ".hdf5", ".keras", ".onnx", ".tflite",
    ".th", ".ptl", ".best",
}  # fmt: skip
_ALONE = ".bin"
"""Beside a description such a file is a part of it, as of TensorFlow.js; alone it holds weights."""
_BESIDE = re.compile(
    r"training_args|optimi[sz]er|scheduler|rng_state\w*|scaler|(chars?_?)?vocab\w*|tokenizer\w*|"
    r"(word|char|idx|int|index)\w*(2|_to_)\w+|word_?index|config|args|labels?|label_\w+|classes",
    re.IGNORECASE,
)
"""What lies beside a model under such a name is none itself."""


class NoModelInFolder(ModelFileError):
    """A folder of other things."""


def describes_model(head: bytes) -> bool:
    """Whether a JSON text that begins so names a model's layers or its weights."""
    told = (b'"modelTopology"', b'"weightsManifest"')
    keras = b'"class_name"' in head and b'"config"' in head
    ml5 = b'"filename"' in head and b'"shape"' in head
    return any(key in head for key in told) or keras or ml5


def model_file_in(folder: Path) -> Path:
    """The file to open for the model in this folder.

    Raises:
        ModelFileError: it holds none, one that cannot be opened, or several.
        OSError: it cannot be read.
    """
    files = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    files = [path for path in files if path.is_file()]
    if len(files) > _MOST_FILES:
        raise ModelFileError(
            f"{folder.name} holds {len(files):,} files; choose the model among them"
        )
    if any(path.name in _SAVED_MODEL for path in files):
        raise ModelFileError(
            f"{folder.name} is a SavedModel of TensorFlow, which holds its network as a program. "
            "Where it was made, load it with tf.keras.models.load_model(...) and save it with "
            "model.save('model.keras') or model.save('model.h5')"
        )
    if {"meta.json", "config.cfg"} <= {path.name for path in files}:
        raise ModelFileError(
            f"{folder.name} is a pipeline of spaCy, whose parts are no recurrent networks that can be "
            "shown"
        )
    described = [path for path in files if path.suffix == ".json" and _describes(path)]
    weights = [path for path in files if path.suffix.lower() in _WEIGHTS]
    if not described:
        weights += [path for path in files if path.suffix == _ALONE]
    weights = [path for path in weights if not _BESIDE.fullmatch(path.stem)]
    # Weights and the structure beside them are one model, and either opens as both.
    found = weights if len(weights) == len(described) == 1 else described or weights
    # Shards are one model, which their index names.
    indexes = [path for path in files if path.name.endswith(_INDEX)]
    if len(found) != 1 and len(indexes) == 1:
        return indexes[0]
    if len(found) == 1:
        return found[0]
    if moments := moments_of(found):  # of one training the last, beside which the others lie
        return moments[-1].path
    if not found and any(_CHECKPOINT.fullmatch(path.name) for path in files):
        raise ModelFileError(
            f"{folder.name} holds a checkpoint of TensorFlow, which has weights and no network. Where "
            "it was made, load it into its Keras model and save that with model.save('model.keras')"
        )
    names = ", ".join(path.name for path in (found or files)[:6]) or "nothing"
    if found:
        raise ModelFileError(
            f"{folder.name} holds {len(found)} models ({names}{', ...' * (len(found) > 6)}); choose "
            "one of them"
        )
    raise NoModelInFolder(f"{folder.name} is a folder that holds no model, but {names}")


def _describes(path: Path) -> bool:
    try:
        return describes_model(read_head(path, _HEAD))
    except OSError:
        return False
