"""Tasks that need a memory over a chosen distance: adding two numbers, and copying symbols.

Hochreiter and Schmidhuber 1997, section 5, as Le, Jaitly and Hinton 2015 and Arjovsky, Shah and
Bengio 2016 state them. A network that cannot carry a gradient over the distance does no better than
one that answers without having read the beginning; that loss is `baseline`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import save
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.errors import RunDirectoryError
from rnnviz.core.files.writing import write_atomically
from rnnviz.core.models.model_file import METADATA_KEY
from rnnviz.core.models.network import AsRead, Head, LayerDescription, NetworkDescription, Numbers
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.nets.device import training_device
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.nets.training_tasks.task import ALL, Observation, Position, Share, StepLoss, Validation

HELD_OUT = 500
"""Examples that are never trained on."""
_HELD_OUT_BATCH = 2**40
"""The number of the held-out batch; no training comes that far."""
_LOOKED_AT = 8
"""Examples of a batch whose gradients are measured."""
_SYMBOLS = "abcdefgh"


class Examples(NamedTuple):
    """A batch of sequences and what is wanted at their ends."""

    inputs: Tensor
    """(T, B, I)."""
    wanted: Tensor
    """(B) numbers to add up to, or (M, B) symbols to copy."""


def memory_network(config: TrainingConfig, inputs: int, answers: int) -> SequenceNetwork:
    """Recurrent layers that read numbers, and a linear answer at every step.

    Every number is uniform in ±1/sqrt(U), as torch has it, and an LSTM's forget bias at 1.
    Orthogonal recurrent weights, with which our character models start, would let a vanilla network
    remember for a while, too: here every kind begins as in the literature.
    """
    layer = LayerDescription(architecture=config.architecture, units=config.units)
    network = SequenceNetwork(
        NetworkDescription(
            reads=Numbers(columns=tuple(f"x{number}" for number in range(1, inputs + 1))),
            front=AsRead(),
            layers=(layer,) * config.layers,
            head=Head(outputs=tuple(f"y{n}" for n in range(1, answers + 1)), gives="linear"),
        ),
        seed=None,
    )
    generator = torch.Generator().manual_seed(config.seed)
    reach = 1 / math.sqrt(config.units)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.uniform_(-reach, reach, generator=generator)
        facts = layer.facts
        if facts.open_gate:
            for name, parameter in network.named_parameters():
                if ".bias_ih" in name:
                    parameter[facts.open_rows(config.units)] += 1
    return network


class MemoryTask:
    """Adding or copying over a distance; examples are made up on the way and never repeat.

    Options: `kind` (`adding` or `copying`), `distance` (steps), and for copying `symbols`, how many
    are to be remembered.

    Raises:
        RunDirectoryError: the options make no sense.
    """

    name = "memory"
    steps_an_epoch = 0.0

    def __init__(self, config: TrainingConfig, share: Share = ALL) -> None:
        self.config, self.share = config, share
        options = config.options
        self.kind = str(options.get("kind", "adding"))
        self.distance = int(options.get("distance", 50))
        self.symbols = int(options.get("symbols", 3))
        if self.kind not in ("adding", "copying"):
            raise RunDirectoryError(f"the kind is {self.kind!r}; it may be adding or copying")
        if self.distance < 2 or self.symbols < 1:
            raise RunDirectoryError(
                f"{self.symbols} symbols over a distance of {self.distance}; at least one symbol "
                "and two steps are needed"
            )
        adding = self.kind == "adding"
        inputs, answers = (2, 1) if adding else (len(_SYMBOLS) + 2, len(_SYMBOLS))
        self.device = training_device(config.device)
        self.model = memory_network(config, inputs, answers).to(self.device)
        self.asked = 1 if adding else self.symbols
        """How many steps, at the end, an answer is wanted at."""
        self.facts: Mapping[str, Any] = {
            "kind": self.kind,
            "distance": self.distance,
            "loss": "mean squared error" if adding else "nats a symbol",
            "baseline": self.baseline,
        }
        self._batch = 0

    @classmethod
    def from_config(cls, config: TrainingConfig, share: Share = ALL) -> MemoryTask:
        """Make the model; there is no data to read."""
        return cls(config, share)

    @property
    def baseline(self) -> float:
        """The loss of an answer that knows nothing of the beginning: always the mean, or a guess.

        Adding: 1/6, the variance of the sum of two uniform numbers. Copying: log 8.
        """
        return 1 / 6 if self.kind == "adding" else math.log(len(_SYMBOLS))

    # Examples

    def examples(self, number: int, count: int) -> Examples:
        """The batch of this number; the same every time, and on every device."""
        generator = torch.Generator().manual_seed(self.config.seed * 1_000_003 + number)
        make = self._adding if self.kind == "adding" else self._copying
        made = make(count, generator)
        return Examples(made.inputs.to(self.device), made.wanted.to(self.device))

    def _adding(self, count: int, generator: torch.Generator) -> Examples:
        """Numbers from 0 to 1, two of which are marked, one in each half; their sum is wanted."""
        steps, columns = self.distance, torch.arange(count)
        numbers = torch.rand(steps, count, generator=generator)
        half = steps // 2
        first = torch.randint(0, half, (count,), generator=generator)
        second = torch.randint(half, steps, (count,), generator=generator)
        marks = torch.zeros(steps, count)
        marks[first, columns] = marks[second, columns] = 1
        wanted = numbers[first, columns] + numbers[second, columns]
        return Examples(torch.stack([numbers, marks], dim=2), wanted)

    def _copying(self, count: int, generator: torch.Generator) -> Examples:
        """Symbols, then blanks over the distance, then a sign to repeat the symbols."""
        symbols, blank = self.symbols, len(_SYMBOLS)
        wanted = torch.randint(0, blank, (symbols, count), generator=generator)
        ids = torch.full((self.distance + 2 * symbols, count), blank)
        ids[:symbols] = wanted
        ids[-symbols] = blank + 1
        return Examples(functional.one_hot(ids, blank + 2).float(), wanted)

    def next_batch(self) -> Examples:
        """This process's part of the next examples."""
        batch = self.examples(self._batch, self.config.batch)
        self._batch += 1
        number, of = self.share
        return Examples(batch.inputs[:, number::of], batch.wanted[..., number::of])

    # What is learned

    def loss(self, network: nn.Module, batch: Examples) -> StepLoss:
        """Mean squared error of the sum, or nats a symbol."""
        answers, _ = network(batch.inputs)
        return StepLoss(self._loss(answers, batch), batch.inputs.shape[1])

    def _loss(self, answers: Tensor, batch: Examples) -> Tensor:
        """Of answers (T, B, A), the last of which are asked for."""
        answers = answers[-self.asked :]
        if self.kind == "adding":
            return functional.mse_loss(answers[-1, :, 0], batch.wanted)
        return functional.cross_entropy(answers.flatten(0, 1), batch.wanted.flatten())

    @torch.no_grad()
    def state_gradients(self, batch: Examples) -> npt.NDArray[np.float32]:
        """The norm of dL/dh at every step, (2, L, T), on some examples; both rows are the same.

        The loss is at the end alone. The processor does it: thousands of little products would
        keep an accelerator waiting.
        """
        model = self.model if self.device.type == "cpu" else copy.deepcopy(self.model).cpu()
        inputs = batch.inputs[:, :_LOOKED_AT].cpu()
        few = Examples(inputs, batch.wanted[..., :_LOOKED_AT].cpu())
        with torch.enable_grad():
            hidden = [inputs]
            for layer in model.recurrent:
                hidden.append(layer(hidden[-1], layer.zero_state(hidden[-1].shape[1]))[0])
            top = hidden[-1].detach().requires_grad_()
            loss = self._loss(model.output(top), few)
            (seed,) = torch.autograd.grad(loss, top)
        squares = np.zeros((len(model.recurrent), len(inputs)))
        for stream in range(inputs.shape[1]):
            states = [part[:, stream].detach() for part in hidden]
            squares += self._squares(model, states, seed[:, stream])
        return np.repeat(np.sqrt(squares)[None], 2, axis=0).astype(np.float32)

    def _squares(
        self, model: SequenceNetwork, hidden: list[Tensor], above: Tensor
    ) -> npt.NDArray[np.float64]:
        """The squared norm of the gradient at every state of one example, (L, T)."""
        steps = len(above)
        found = np.zeros((len(model.recurrent), steps))
        for number in range(len(model.recurrent) - 1, -1, -1):
            layer = model.recurrent[number]
            _, tape = layer.tape(hidden[number], layer.zero_state(1))
            gradient = tape.zeros(1, steps - 1)
            below = torch.zeros(steps, hidden[number].shape[1])
            for step in range(steps - 1, -1, -1):
                back = tape.back(step, above[step : step + 1], gradient)
                found[number, step] = float(back.whole[0].double().square().sum())
                below[step], gradient = back.inputs[0], back.before
            above = below
        return found

    # What there is to see

    @torch.no_grad()
    def validate(self, final: bool) -> Validation:
        """The loss on examples of their own; how many are solved, and the loss by the baseline."""
        batch = self.examples(_HELD_OUT_BATCH, HELD_OUT)
        answers, _ = self.model(batch.inputs)
        loss, answers = float(self._loss(answers, batch)), answers[-self.asked :]
        if self.kind == "adding":
            right = (answers[-1, :, 0] - batch.wanted).abs() < 0.1
        else:
            right = (answers.argmax(dim=2) == batch.wanted).all(dim=0)
        solved = float(right.float().mean())
        return Validation(loss, 1, {"solved": solved, "of_baseline": loss / self.baseline})

    @torch.no_grad()
    def observe(self, temperatures: tuple[float, ...]) -> Iterator[Observation]:
        """A few held-out examples with what the network answers."""
        batch = self.examples(_HELD_OUT_BATCH, 5)
        answers, _ = self.model(batch.inputs)
        lines = [self._line(batch, answers[-self.asked :], place) for place in range(5)]
        yield Observation("sample", {"temperature": 0.0, "text": "\n".join(lines)})

    def _line(self, batch: Examples, answers: Tensor, place: int) -> str:
        if self.kind == "adding":
            numbers, marks = batch.inputs[:, place].unbind(dim=1)
            one, two = numbers[marks > 0].tolist()
            return (
                f"{one:.3f} + {two:.3f} = {float(batch.wanted[place]):.3f}, "
                f"answered {float(answers[-1, place, 0]):.3f}"
            )
        wanted = "".join(_SYMBOLS[symbol] for symbol in batch.wanted[:, place].tolist())
        given = "".join(_SYMBOLS[symbol] for symbol in answers[:, place].argmax(dim=1).tolist())
        return f"{wanted}, answered {given}"

    def save(self, path: Path, training: Mapping[str, Any]) -> None:
        """Write the weights; such a file is kept for the record, no workspace opens it."""
        config = self.config
        about = {
            "version": 1,
            "task": f"memory-{self.kind}",
            "architecture": config.architecture,
            "layers": config.layers,
            "units": config.units,
            "vocabulary": list(_SYMBOLS),
            "name": config.name,
            "training": dict(training),
        }
        metadata = {"format": "pt", METADATA_KEY: msgspec.json.encode(about).decode()}
        tensors = {name: part.detach().cpu() for name, part in self.model.state_dict().items()}
        write_atomically(path, save(tensors, metadata))

    def position(self) -> Position:
        """The number of the next batch."""
        return Position({"batch": self._batch})

    def restore(self, position: Position) -> None:
        """Go back to there."""
        self._batch = int(position.facts["batch"])
