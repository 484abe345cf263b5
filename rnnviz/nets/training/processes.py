"""Several processes that train one model together, as `torchrun` starts them.

Each works on its share of every batch; DistributedDataParallel averages the gradients, so that all
take the same step. The first writes the run and hears what is asked; the others learn it from it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn
from torch import distributed as dist
from torch.nn.parallel import DistributedDataParallel

from rnnviz.core.runs.directory.control import SETTINGS, Request
from rnnviz.nets.training_tasks.task import ALL, Share

_COMMANDS = ("pause", "resume", "stop", "checkpoint", "sample", "set")


def lost_another(error: RuntimeError) -> bool:
    """Whether torch complains that another process of the group is gone.

    >>> lost_another(RuntimeError("[gloo/transport/tcp/pair.cc:537] Connection reset by peer"))
    True
    """
    words = str(error).lower()
    return any(part in words for part in ("gloo", "reset by peer", "connection closed"))


class Processes:
    """The group that this process belongs to; alone by default."""

    def __init__(self, share: Share = ALL) -> None:
        self.share = share

    @classmethod
    def joined(cls) -> Processes:
        """Join the group that `torchrun` describes in the environment, if there is one."""
        if int(os.environ.get("WORLD_SIZE", "1")) <= 1:
            return cls()
        if not dist.is_initialized():
            dist.init_process_group("gloo")
        return cls(Share(dist.get_rank(), dist.get_world_size()))

    @property
    def first(self) -> bool:
        """Whether this is the process that writes."""
        return self.share.number == 0

    @property
    def alone(self) -> bool:
        """Whether there is no other."""
        return self.share.of == 1

    def wrap(self, model: nn.Module) -> nn.Module:
        """The model whose backward pass averages the gradients of all processes."""
        return model if self.alone else DistributedDataParallel(model)

    def mean(self, loss_nats: float, tokens: int) -> tuple[float, int]:
        """The mean loss over the tokens of all, and how many these are."""
        if self.alone:
            return loss_nats, tokens
        sums = torch.tensor([loss_nats, tokens], dtype=torch.float64)
        dist.all_reduce(sums)
        return float(sums[0]) / self.share.of, int(sums[1])

    def agree(self, value: float) -> float:
        """What the first process says, for all."""
        if self.alone:
            return value
        told = torch.tensor([value], dtype=torch.float64)
        dist.broadcast(told, 0)
        return float(told)

    def agree_on(self, requests: Sequence[Request]) -> list[Request]:
        """The requests that the first process heard, for all."""
        if self.alone:
            return list(requests)
        count = int(self.agree(len(requests)))
        if count == 0:
            return []
        rows = torch.zeros(count, 3, dtype=torch.float64)
        for row, request in zip(rows, requests, strict=False):
            setting = SETTINGS.index(request.setting) if request.setting in SETTINGS else -1
            row[:] = torch.tensor([_COMMANDS.index(request.command), setting, request.value or 0.0])
        dist.broadcast(rows, 0)
        return [
            Request(
                _COMMANDS[int(command)],  # type: ignore[arg-type]
                setting=SETTINGS[int(setting)] if setting >= 0 else "",
                value=float(value),
            )
            for command, setting, value in rows.tolist()
        ]

    def gather(self, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The tensors of all, `process<number>.<name>`; empty but in the first process."""
        found: dict[str, Tensor] = {}
        for name in sorted(tensors):
            tensor = tensors[name].contiguous()
            parts = [torch.empty_like(tensor) for _ in range(self.share.of)] if self.first else None
            if self.alone:
                parts = [tensor]
            else:
                dist.gather(tensor, parts, 0)
            for number, each in enumerate(parts or ()):
                found[f"process{number}.{name}"] = each
        return found

    def leave(self) -> None:
        """Leave the group."""
        if not self.alone and dist.is_initialized():
            dist.destroy_process_group()
