"""Training a character language model, top to bottom: one visible loop.

Truncated back-propagation through time: the text is cut into B streams, each step runs
`sequence_length` characters of every stream, and the state is carried over to the next step.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.errors import RnnvizError, TextError
from rnnviz.core.model_file import ModelDescription
from rnnviz.core.run_directory import RunWriter, TrainingConfig
from rnnviz.core.vocabulary import UNKNOWN, Vocabulary
from rnnviz.nets.base import CharacterLanguageModel, count_parameters, detach
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.decode import sample

SAMPLE_STAGES = (0.0, 0.01, 0.1, 0.4, 1.0)
"""Shares of the training at which a sample and a checkpoint are kept."""
SAMPLE_LENGTH = 400


class Progress:
    """What the loop tells whoever watches: the step, the losses, the rate and the time left."""

    def __init__(self, steps: int) -> None:
        self.step = 0
        self.steps = steps
        self.loss_nats = math.nan
        self.validation_nats = math.nan
        self.characters_per_second = 0.0
        self.seconds_left = math.nan


def split(ids: npt.NDArray[np.int32], held_out: float) -> tuple[Tensor, Tensor]:
    """The part to train on and the held-out end, as tensors of ids."""
    held = round(held_out if held_out > 1 else held_out * len(ids))
    tensor = torch.from_numpy(ids).long()
    return tensor[: len(tensor) - held], tensor[len(tensor) - held :]


def streams(ids: Tensor, batch: int) -> Tensor:
    """The text as B streams side by side, (T, B); a remainder shorter than B is left out."""
    length = len(ids) // batch
    return ids[: length * batch].view(batch, length).t().contiguous()


def learning_rate(config: TrainingConfig, step: int, steps: int) -> float:
    """The rate for this step: a linear warm-up, then the schedule."""
    warm = min(1.0, (step + 1) / max(1, config.warmup_steps))
    done = step / max(1, steps)
    shape = {
        "constant": 1.0,
        "cosine": 0.5 * (1 + math.cos(math.pi * done)),
        "linear": 1 - done,
    }[config.schedule]
    return config.learning_rate * warm * shape


def clip_gradient(parameters: list[nn.Parameter], config: TrainingConfig) -> tuple[float, bool]:
    """Clip in place; the norm before, and whether anything was cut."""
    norm = float(nn.utils.get_total_norm([p.grad for p in parameters if p.grad is not None]))
    if config.clip == "norm":
        nn.utils.clip_grads_with_norm_(parameters, config.clip_threshold, torch.tensor(norm))
        return norm, norm > config.clip_threshold
    if config.clip == "value":
        largest = max(float(p.grad.abs().max()) for p in parameters if p.grad is not None)
        nn.utils.clip_grad_value_(parameters, config.clip_threshold)
        return norm, largest > config.clip_threshold
    return norm, False


@torch.inference_mode()
def held_out_loss(model: CharacterLanguageModel, ids: Tensor, batch: int = 1) -> float:
    """Mean loss in nats a character over ids, in B streams whose states are carried over."""
    if len(ids) < 2 * batch:
        return math.nan
    training = model.training
    model.eval()
    columns = streams(ids, batch)
    state, total = model.zero_state(batch), 0.0
    for start in range(0, len(columns) - 1, 512):
        inputs = columns[start : start + 512][: len(columns) - 1 - start]
        targets = columns[start + 1 : start + 1 + len(inputs)]
        logits, state = model(inputs, state)
        loss = functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")
        total += float(loss)
    model.train(training)
    return total / ((len(columns) - 1) * batch)


def chunks(columns: Tensor, length: int) -> Iterator[tuple[Tensor, Tensor, bool]]:
    """Inputs and targets (T, B) of every step, for ever; True where a pass over the text begins."""
    while True:
        for start in range(0, len(columns) - 1, length):
            end = min(start + length, len(columns) - 1)
            yield columns[start:end], columns[start + 1 : end + 1], start == 0


def train(
    config: TrainingConfig,
    text: str,
    directory: Path,
    report: Callable[[Progress], None] = lambda progress: None,
    stopped: Callable[[], bool] = lambda: False,
) -> CharacterLanguageModel:
    """Train on this text and write the run directory; the trained model.

    Args:
        report: called after every step.
        stopped: asked after every step; True ends the run as a stop does, with a checkpoint.

    Raises:
        TextError: the text is too short for these settings.
        RunDirectoryError: the settings or the directory cannot be used.
    """
    config.check()
    torch.set_num_threads(config.threads)
    torch.manual_seed(config.seed)
    vocabulary = Vocabulary.of_text(text) if text else None
    ids = vocabulary.encode(text) if vocabulary else np.zeros(0, np.int32)
    assert UNKNOWN not in ids[:1]
    training_ids, held_out_ids = split(ids, config.held_out)
    if vocabulary is None or len(training_ids) < 2 * config.batch:
        raise TextError(
            f"the text leaves {len(training_ids)} characters to train on; {config.batch} streams "
            f"need at least {2 * config.batch}: use a longer text, fewer streams, or hold out less"
        )
    columns = streams(training_ids, config.batch)
    steps_an_epoch = math.ceil((len(columns) - 1) / config.sequence_length)
    steps = max(1, round(config.epochs * steps_an_epoch))
    description = ModelDescription(
        architecture=config.architecture,
        layers=config.layers,
        units=config.units,
        embedding=config.embedding,
        skip=config.skip,
        vocabulary=vocabulary.characters,
        name=config.name or directory.name,
        default_text=config.default_text,
    )
    model = CharacterLanguageModel(description, config.dropout, config.seed)
    parameters = list(model.parameters())
    optimiser: torch.optim.Optimizer = (
        torch.optim.Adam(parameters, config.learning_rate, fused=True)
        if config.optimiser == "adam"
        else torch.optim.RMSprop(parameters, config.learning_rate, alpha=0.95)
    )
    writer = RunWriter(
        directory,
        config,
        torch=torch.__version__,
        parameters=count_parameters(model),
        characters=len(ids),
        training_characters=len(training_ids),
        steps=steps,
    )
    progress, best = Progress(steps), math.inf
    stages = {round(share * steps) for share in SAMPLE_STAGES}
    began = time.monotonic()

    def summary() -> dict[str, object]:
        return {
            "texts": [Path(path).name for path in config.texts],
            "characters": len(training_ids),
            "held_out_characters": len(held_out_ids),
            "steps": progress.step,
            "epochs": round(progress.step / steps_an_epoch, 3),
            "seconds": round(time.monotonic() - began, 1),
            "loss_nats": round(progress.loss_nats, 4),
            "held_out_nats": round(progress.validation_nats, 4),
            "parameters": count_parameters(model),
        }

    def keep(name: str) -> None:
        described = ModelDescription(
            **{
                field: getattr(description, field)
                for field in description.__struct_fields__
                if field != "training"
            },
            training=summary(),
        )
        save_model(writer.checkpoints / f"{name}.safetensors", model, described)

    def validate(batch: int) -> None:
        nonlocal best
        progress.validation_nats = held_out_loss(model, held_out_ids, batch)
        writer.event("validation", step=progress.step, loss_nats=progress.validation_nats)
        if progress.validation_nats < best:
            best = progress.validation_nats
            keep("best")

    def stage() -> None:
        model.eval()
        try:
            drawn = "".join(sample(model, SAMPLE_LENGTH, temperature=0.8, seed=config.seed))
        except RnnvizError:  # NaN: an explosion is watched to its end like any other run
            drawn = ""
        model.train()
        writer.event("sample", step=progress.step, temperature=0.8, text=drawn)
        keep(f"step-{progress.step:08d}")

    try:
        stage()
        smoothed, state = math.nan, model.zero_state(config.batch)
        for inputs, targets, first in chunks(columns, config.sequence_length):
            if first:
                state = model.zero_state(config.batch)
            rate = learning_rate(config, progress.step, steps)
            for group in optimiser.param_groups:
                group["lr"] = rate
            with torch.autocast("cpu", torch.bfloat16, enabled=config.precision == "bfloat16"):
                logits, after = model(inputs, detach(state))
            state = tuple(tuple(tensor.float() for tensor in layer) for layer in after)
            loss = functional.cross_entropy(logits.float().flatten(0, 1), targets.flatten())
            optimiser.zero_grad()
            loss.backward()
            norm, clipped = clip_gradient(parameters, config)
            optimiser.step()

            progress.step += 1
            loss_nats = loss.item()
            smoothed = loss_nats if math.isnan(smoothed) else 0.98 * smoothed + 0.02 * loss_nats
            progress.loss_nats = smoothed
            elapsed = time.monotonic() - began
            characters = progress.step * config.sequence_length * config.batch
            progress.characters_per_second = characters / elapsed
            progress.seconds_left = elapsed / progress.step * (steps - progress.step)
            writer.event(
                "step",
                step=progress.step,
                loss_nats=loss_nats,
                gradient_norm=norm,
                clipped=clipped,
                learning_rate=rate,
            )
            ending = progress.step >= steps or stopped() or writer.asked() == "stop"
            if progress.step % config.validation_every == 0 and not ending:
                validate(batch=64)
            if progress.step in stages and not ending:
                stage()
            if progress.step % config.checkpoint_every == 0:
                keep("latest")
            report(progress)
            if ending:
                break
            while writer.asked() == "pause" and not stopped():
                time.sleep(0.1)
        stage()
        validate(batch=1)
        keep("latest")
        finished = progress.step >= steps
        writer.event("finished" if finished else "stopped", step=progress.step)
        report(progress)
    finally:
        writer.close()
    return model.eval()
