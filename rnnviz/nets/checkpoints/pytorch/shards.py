"""Models that were saved in several files, `model-00001-of-00002`: the files are put together."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from torch import Tensor

from rnnviz.core.errors import ModelFileError
from rnnviz.core.files.reading import DamagedFileError, read_json
from rnnviz.nets.checkpoints.base import ModelFile
from rnnviz.nets.checkpoints.pytorch.file import Weights

_SHARD = re.compile(r"(?P<before>.*)-(?P<number>\d{5})-of-(?P<count>\d{5})(?P<ending>\.\w+)")
_MOST = 64


def whole_of_shards(
    file: ModelFile, found: Sequence[Weights], read: Callable[[Path], list[Weights]]
) -> tuple[list[Weights], list[str]]:
    """The weights of all shards, where this file is one; else what was found, as it is.

    Args:
        read: the weights in another shard.

    Raises:
        ModelFileError: another shard is missing.
    """
    match = _SHARD.fullmatch(file.name)
    if match is None or int(match["count"]) < 2:
        return list(found), []
    number, count = int(match["number"]), int(match["count"])
    names = [f"{match['before']}-{n:05d}-of-{count:05d}{match['ending']}"
             for n in range(1, min(count, _MOST) + 1)]  # fmt: skip
    missing = [name for name in names if not (file.path.parent / name).is_file()]
    if missing or count > _MOST:
        raise ModelFileError(
            f"{file.name} is shard {number} of {count} of a model, whose tensors lie in all of "
            f"them; {', '.join(missing[:4]) or 'so many'} {'are' if len(missing) > 1 else 'is'} "
            "not beside it. Put all shards into one folder"
        )
    tensors: dict[str, Tensor] = {}
    for name in names:
        parts = found if name == file.name else read(file.path.parent / name)
        for part in parts:
            tensors |= part.tensors
    return [Weights(tensors)], [f"the model is the {count} shards {names[0]} to {names[-1]}"]


def shards_named_in(path: Path) -> list[Path]:
    """The files that an index of shards (`model.safetensors.index.json`) names; [] if it is none.

    Raises:
        OSError: the file cannot be read.
    """
    if not path.name.endswith(".index.json"):
        return []
    try:
        content = read_json(path)
    except DamagedFileError:
        return []
    places = content.get("weight_map") if isinstance(content, dict) else None
    if not isinstance(places, dict):
        return []
    names = sorted({name for name in places.values() if isinstance(name, str)})
    plain = [name for name in names if name == Path(name).name]
    return [path.parent / name for name in plain]
