"""What a resumed run goes on from: weights, optimiser, random numbers, and the place in the data.

One file, `checkpoints/state.safetensors`: tensors, and JSON in its header; the one before it is
kept as `state-before.safetensors`, for a disk that lost a part of the newer one. Nothing is
pickled.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.files.reading import check_fits, decode_json
from rnnviz.core.files.writing import write_atomically
from rnnviz.core.system.ready_types import ready

STATE, BEFORE = "state.safetensors", "state-before.safetensors"
_FACTS = "rnnviz-state"


class State(NamedTuple):
    """Everything that decides what comes next."""

    tensors: Mapping[str, Tensor]
    facts: Mapping[str, Any]


def part(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Those whose names begin with this, without it."""
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def named(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The same, with this before every name."""
    return {prefix + name: tensor for name, tensor in tensors.items()}


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """What the optimiser remembers, `<parameter's number>.<what>`."""
    state = optimiser.state_dict()["state"]
    return {
        f"{number}.{key}": torch.as_tensor(value)
        for number, remembered in state.items()
        for key, value in remembered.items()
    }


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Make it remember this."""
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        number, _, key = name.partition(".")
        state.setdefault(int(number), {})[key] = tensor
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})


def save_state(folder: Path, state: State) -> None:
    """Write it atomically; the one before it stays beside it.

    Raises:
        OSError: it cannot be written; the one before it is still there.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in state.tensors.items()}
    content = save(tensors, {"format": "pt", _FACTS: json.dumps(state.facts)})
    path, before = folder / STATE, folder / BEFORE
    fresh = folder / f".{STATE}.part"
    write_atomically(fresh, content)
    if path.exists():
        path.replace(before)
    fresh.replace(path)


class _Settings(msgspec.Struct):
    learning_rate: float
    clip_threshold: float
    temperatures: list[float]


class _Facts(msgspec.Struct):
    """What a state's facts are checked for."""

    ended: bool
    processes: int
    position: dict[str, object]
    progress: dict[str, object]
    settings: _Settings


def load_state(folder: Path, begun: bool = True) -> State | None:
    """The newest state that is whole; None if this run never came to write one.

    Args:
        begun: whether the run has taken a step: by then it had kept its first state.

    Raises:
        RunDirectoryError: it has, but there is no state to go on from.
    """
    problems = []
    for name in (STATE, f".{STATE}.part", BEFORE):
        path = folder / name
        if path.exists():
            try:
                return _read(path)
            except OSError as error:
                problems.append(f"{name} cannot be read ({error.strerror or error})")
            except (SafetensorError, ValueError, KeyError) as error:
                problems.append(f"{name} is damaged ({error})")
    if problems:
        raise RunDirectoryError(
            f"nothing to go on from in {folder}: {'; '.join(problems)}. Start another run from its "
            "last model with --start-from"
        )
    if begun and any(folder.glob("*.safetensors")):
        raise RunDirectoryError(
            f"{folder} holds models but no {STATE}: the run was written by an earlier version. "
            f"Start another from its weights: --start-from {folder / 'latest.safetensors'}"
        )
    return None


def _read(path: Path) -> State:
    check_fits(path)
    with safe_open(path, framework="pt") as file:
        metadata = file.metadata() or {}
        facts = decode_json(metadata[_FACTS].encode("utf-8", "replace"))
        msgspec.convert(facts, ready(_Facts))
        # Copies: what is mapped from the file would change under the training.
        return State({name: file.get_tensor(name).clone() for name in file.keys()}, facts)  # noqa: SIM118
