"""A text cut for training: streams side by side, and the end that is held out."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from rnnviz.core.errors import TextError
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.nets.language.model import LanguageModel
from rnnviz.nets.sequence.evaluating import evaluating


def split(ids: npt.NDArray[np.int32], held_out: float) -> tuple[Tensor, Tensor]:
    """The part to train on and the held-out end, as tensors of ids."""
    held = round(held_out if held_out > 1 else held_out * len(ids))
    tensor = torch.from_numpy(ids).long()
    return tensor[: len(tensor) - held], tensor[len(tensor) - held :]


def streams(ids: Tensor, batch: int) -> Tensor:
    """The text as B streams side by side, (T, B); a remainder shorter than B is left out."""
    length = len(ids) // batch
    return ids[: length * batch].view(batch, length).t().contiguous()


@torch.inference_mode()
def held_out_loss(model: LanguageModel, ids: Tensor, batch: int = 1) -> float:
    """Mean loss in nats a character over ids, in B streams whose states are carried over."""
    if len(ids) < 2 * batch:
        return math.nan
    columns = streams(ids, batch)
    state, losses = model.zero_state(batch), []
    with evaluating(model):
        for start in range(0, len(columns) - 1, 512):
            inputs = columns[start : start + 512][: len(columns) - 1 - start]
            targets = columns[start + 1 : start + 1 + len(inputs)]
            logits, state = model(inputs, state)
            losses.append(
                functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")
            )
    # Read once: an accelerator is waited for at the end only.
    total: float = sum(torch.stack(losses).tolist())
    return total / ((len(columns) - 1) * batch)


class Corpus:
    """B streams of a text to train on, and its end to judge by.

    Args:
        encode: gives the numbers of its symbols.
        unit: what these are, for people.

    Raises:
        TextError: too short for these settings.
    """

    def __init__(
        self,
        config: TrainingConfig,
        text: str,
        encode: Callable[[str], npt.NDArray[np.integer]],
        unit: str = "characters",
    ) -> None:
        ids = np.asarray(encode(text), np.int32)
        self.characters = len(ids)
        self.digest = hashlib.sha256(ids.tobytes()).hexdigest()[:16]
        """Of the numbers of the characters: what earlier versions know a text by."""
        raw = text.encode("utf-8", "surrogatepass")
        self.text_digest = hashlib.sha256(raw).hexdigest()[:16]
        """Tells whether the text is still the same when a run goes on."""
        self.training_ids, self.held_out_ids = split(ids, config.held_out)
        if len(self.training_ids) < 2 * config.batch:
            raise TextError(
                f"the text leaves {len(self.training_ids)} {unit} to train on; {config.batch} "
                f"streams need at least {2 * config.batch}: use a longer text, fewer streams, or "
                "hold out less"
            )
        self.columns = streams(self.training_ids, config.batch)
        self.steps_an_epoch = math.ceil((len(self.columns) - 1) / config.sequence_length)
