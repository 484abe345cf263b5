"""Training a character language model, top to bottom: one visible loop.

Truncated back-propagation through time: the text is cut into B streams, each step runs
`sequence_length` characters of every stream, and the state is carried over to the next step.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.errors import ModelFileError, RnnvizError, TextError
from rnnviz.core.model_file import ModelDescription
from rnnviz.core.run_directory import RunWriter, TrainingConfig
from rnnviz.core.vocabulary import Vocabulary
from rnnviz.nets.base import CharacterLanguageModel, State, count_parameters, detach
from rnnviz.nets.checkpoints.native import Native, save_model
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
        self._characters = 0

    def advance(self, loss_nats: float, characters: int, elapsed_s: float) -> None:
        """One more step is done, on so many characters; the loss shown is smoothed."""
        self.step += 1
        self._characters += characters
        before = loss_nats if math.isnan(self.loss_nats) else self.loss_nats
        self.loss_nats = 0.98 * before + 0.02 * loss_nats
        self.characters_per_second = self._characters / elapsed_s
        self.seconds_left = elapsed_s / self.step * (self.steps - self.step)


def split(ids: npt.NDArray[np.int32], held_out: float) -> tuple[Tensor, Tensor]:
    """The part to train on and the held-out end, as tensors of ids."""
    held = round(held_out if held_out > 1 else held_out * len(ids))
    tensor = torch.from_numpy(ids).long()
    return tensor[: len(tensor) - held], tensor[len(tensor) - held :]


def streams(ids: Tensor, batch: int) -> Tensor:
    """The text as B streams side by side, (T, B); a remainder shorter than B is left out."""
    length = len(ids) // batch
    return ids[: length * batch].view(batch, length).t().contiguous()


def load_weights(model: CharacterLanguageModel, path: Path) -> None:
    """Begin with the weights of a model file of the same shape and characters.

    Raises:
        ModelFileError: it cannot be opened, or is another network.
    """
    other = Native.load(path).model
    same = ("architecture", "layers", "units", "embedding", "skip", "vocabulary")
    for field in same:
        wanted, found = getattr(model.description, field), getattr(other.description, field)
        if wanted == found:
            continue
        shown = "other characters" if field == "vocabulary" else f"{field} {found}, not {wanted}"
        raise ModelFileError(
            f"{path.name} has {shown}; training can only start from a model of the same shape "
            "and characters"
        )
    model.load_state_dict(other.state_dict())


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


class Corpus:
    """A text cut for training: B streams to train on, and the end that is held out.

    Raises:
        TextError: too short for these settings.
    """

    def __init__(self, config: TrainingConfig, text: str) -> None:
        if not text:
            raise TextError("the text is empty: 0 characters to train on; choose another text")
        self.vocabulary = Vocabulary.of_text(text)
        ids = self.vocabulary.encode(text)
        self.characters = len(ids)
        self.training_ids, self.held_out_ids = split(ids, config.held_out)
        if len(self.training_ids) < 2 * config.batch:
            raise TextError(
                f"the text leaves {len(self.training_ids)} characters to train on; {config.batch} "
                f"streams need at least {2 * config.batch}: use a longer text, fewer streams, or "
                "hold out less"
            )
        self.columns = streams(self.training_ids, config.batch)
        self.steps_an_epoch = math.ceil((len(self.columns) - 1) / config.sequence_length)


class _Training:
    """One run under way: the model, its optimiser, and what is written about them."""

    def __init__(self, config: TrainingConfig, corpus: Corpus, directory: Path) -> None:
        self.config, self.corpus = config, corpus
        steps = max(1, round(config.epochs * corpus.steps_an_epoch))
        self.description = ModelDescription(
            architecture=config.architecture,
            layers=config.layers,
            units=config.units,
            embedding=config.embedding,
            skip=config.skip,
            vocabulary=corpus.vocabulary.characters,
            name=config.name or directory.name,
            default_text=config.default_text,
        )
        self.model = CharacterLanguageModel(self.description, config.dropout, config.seed)
        if config.start_from:
            load_weights(self.model, Path(config.start_from))
        self.parameters = list(self.model.parameters())
        self.optimiser: torch.optim.Optimizer = (
            torch.optim.Adam(self.parameters, config.learning_rate, fused=True)
            if config.optimiser == "adam"
            else torch.optim.RMSprop(self.parameters, config.learning_rate, alpha=0.95)
        )
        self.writer = RunWriter(
            directory,
            config,
            torch=torch.__version__,
            parameters=count_parameters(self.model),
            characters=corpus.characters,
            training_characters=len(corpus.training_ids),
            steps=steps,
        )
        self.progress = Progress(steps)
        self.stages = {round(share * steps) for share in SAMPLE_STAGES}
        self.began = time.monotonic()
        self._best = math.inf

    def step(self, inputs: Tensor, targets: Tensor, state: State) -> State:
        """One step on inputs and targets (T, B); the state after it, to carry over."""
        config, progress = self.config, self.progress
        rate = learning_rate(config, progress.step, progress.steps)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        mixed = self.model.mixed_precision = config.precision == "bfloat16"
        with torch.autocast("cpu", torch.bfloat16, enabled=mixed):
            logits, after = self.model(inputs, detach(state))
        self.model.mixed_precision = False
        loss = functional.cross_entropy(logits.float().flatten(0, 1), targets.flatten())
        self.optimiser.zero_grad()
        loss.backward()
        norm, clipped = clip_gradient(self.parameters, config)
        self.optimiser.step()
        progress.advance(loss.item(), inputs.numel(), time.monotonic() - self.began)
        self.writer.event(
            "step",
            step=progress.step,
            loss_nats=loss.item(),
            gradient_norm=norm,
            clipped=clipped,
            learning_rate=rate,
        )
        return tuple(tuple(tensor.float() for tensor in layer) for layer in after)

    def look_after(self) -> None:
        """Validate, sample and keep checkpoints where this step calls for it."""
        step, config = self.progress.step, self.config
        if step % config.validation_every == 0:
            self.validate(batch=64)
        if step in self.stages:
            self.sample()
        if step % config.checkpoint_every == 0:
            self.keep("latest")

    def validate(self, batch: int) -> None:
        """Measure the held-out loss in so many streams; keep the best model."""
        nats = held_out_loss(self.model, self.corpus.held_out_ids, batch)
        self.progress.validation_nats = nats
        self.writer.event("validation", step=self.progress.step, streams=batch, loss_nats=nats)
        if nats < self._best:
            self._best = nats
            self.keep("best")

    def sample(self) -> None:
        """Record a sample, and a checkpoint beside it."""
        self.model.eval()
        try:
            drawn = "".join(
                sample(self.model, SAMPLE_LENGTH, temperature=0.8, seed=self.config.seed)
            )
        except RnnvizError:  # NaN: an explosion is watched to its end like any other run
            drawn = ""
        self.model.train()
        self.writer.event("sample", step=self.progress.step, temperature=0.8, text=drawn)
        self.keep(f"step-{self.progress.step:08d}")

    def keep(self, name: str) -> None:
        """Write a checkpoint that opens like any model."""
        described = msgspec.structs.replace(self.description, training=self._summary())
        save_model(self.writer.checkpoints / f"{name}.safetensors", self.model, described)

    def _summary(self) -> dict[str, object]:
        progress, corpus = self.progress, self.corpus
        return {
            "texts": [Path(path).name for path in self.config.texts],
            "characters": len(corpus.training_ids),
            "held_out_characters": len(corpus.held_out_ids),
            "steps": progress.step,
            "epochs": round(progress.step / corpus.steps_an_epoch, 3),
            "seconds": round(time.monotonic() - self.began, 1),
            "loss_nats": round(progress.loss_nats, 4),
            "held_out_nats": round(progress.validation_nats, 4),
            "parameters": count_parameters(self.model),
        }


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
    corpus = Corpus(config, text)
    training = _Training(config, corpus, directory)
    model, progress, writer = training.model, training.progress, training.writer
    try:
        training.sample()
        state = model.zero_state(config.batch)
        for inputs, targets, first in chunks(corpus.columns, config.sequence_length):
            if first:
                state = model.zero_state(config.batch)
            state = training.step(inputs, targets, state)
            ending = progress.step >= progress.steps or stopped() or writer.asked() == "stop"
            if not ending:
                training.look_after()
            report(progress)
            if ending:
                break
            while writer.asked() == "pause" and not stopped():
                time.sleep(0.1)
        training.sample()
        training.validate(batch=1)
        training.keep("latest")
        finished = progress.step >= progress.steps
        writer.event("finished" if finished else "stopped", step=progress.step)
        report(progress)
    finally:
        writer.close()
    return model.eval()
