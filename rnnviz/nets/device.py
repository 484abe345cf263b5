"""On what a training runs: the processor, or an accelerator that torch finds here.

Weights and data lie on the device; first weights, the order of the data and everything that is
drawn (dropout apart) come from the processor's generators, so that a run sees the same batches
wherever it runs. Files never say where their tensors lay.
"""

from __future__ import annotations

import os
from typing import Any

import torch
from torch import Tensor, nn

from rnnviz.core.errors import RunDirectoryError

CPU = torch.device("cpu")


def training_device(name: str) -> torch.device:
    """The device of this name: `cpu`, `cuda`, `mps`; `auto` is CUDA where there is one, else cpu.

    Of several CUDA devices the processes of `torchrun` take one each. In float32 an NVIDIA device
    is told to multiply in float32: TF32, which cuDNN takes by itself, keeps ten bits of 23, and
    losses would leave those of the processor.

    Raises:
        RunDirectoryError: torch finds no such device here.
    """
    there = devices_found()
    if name == "auto":
        name = "cuda" if "cuda" in there else "cpu"
    if name not in there:
        unbuilt = name == "cuda" and not torch.backends.cuda.is_built()
        why = "this build of torch is without CUDA" if unbuilt else "torch sees none here"
        raise RunDirectoryError(
            f"the device is {name!r}, but {why}; torch {torch.__version__} found "
            f"{', '.join(there)}. Leave --device out, or take --device {there[-1]}"
        )
    if name != "cuda":
        return torch.device(name)
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    own = int(os.environ.get("LOCAL_RANK", "0")) % torch.cuda.device_count()
    return torch.device("cuda", own)


def devices_found() -> list[str]:
    """The devices that torch can compute on here, `cpu` first."""
    found = ["cpu"]
    if torch.cuda.is_available():
        found.append("cuda")
    if torch.backends.mps.is_available():
        found.append("mps")
    return found


def device_in_words(device: torch.device) -> str:
    """For people and files: `cpu`, or `cuda:0 (NVIDIA H100)`."""
    if device.type != "cuda":
        return device.type
    return f"{device} ({torch.cuda.get_device_name(device)})"


def device_of(model: Any) -> torch.device:
    """Where the weights of a model lie; the processor for what is no module."""
    if isinstance(model, nn.Module):
        for parameter in model.parameters():
            return parameter.device
    return CPU


def exact_device(device: torch.device) -> torch.device:
    """Where arithmetic in double precision can be done: Apple's devices have none."""
    return CPU if device.type == "mps" else device


def dropout_random(device: torch.device) -> dict[str, Tensor]:
    """The state of the random numbers of dropout on an accelerator, for a run that goes on."""
    if device.type == "cuda":
        return {f"random-{device.type}": torch.cuda.get_rng_state(device)}
    if device.type == "mps":
        return {f"random-{device.type}": torch.mps.get_rng_state()}
    return {}


def restore_dropout_random(device: torch.device, saved: dict[str, Tensor]) -> None:
    """As it was; where the run came from another kind of device, dropout draws anew."""
    state = saved.get(f"random-{device.type}")
    if state is None:
        return
    if device.type == "cuda":
        torch.cuda.set_rng_state(state, device)
    elif device.type == "mps":
        torch.mps.set_rng_state(state)
