"""Sequences of numbers as a task of the training loop: numbers or classes come out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rnnviz.core.errors import RnnvizError, TextError
from rnnviz.core.models.network import (
    AsRead,
    Head,
    LayerDescription,
    Linear,
    NetworkDescription,
    Numbers,
    Readout,
    SequenceDescription,
)
from rnnviz.core.runs.directory.config import TrainingConfig
from rnnviz.core.sequences.files.number_files import Table, read_table
from rnnviz.core.training_tasks.flip_flop import flip_flop
from rnnviz.nets.training_tasks.steps import Example, StepsTask
from rnnviz.nets.training_tasks.task import (
    ALL,
    Share,
    options_as,
    rare_labels_noted,
    with_notes,
)

_SHOWN_STEPS = 12
MADE_UP_STEPS = 12_000


class NumbersOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What only this task can be told."""

    inputs: str = ""
    outputs: str = ""
    readout: str = "every"
    bidirectional: bool = False
    made_up: str = ""
    bits: int = 3
    sequence_column: str = ""


class NumbersTask(StepsTask):
    """Learns to give numbers, or classes, for rows of numbers."""

    name = "numbers"

    def __init__(
        self, config: TrainingConfig, options: NumbersOptions, table: Table, share: Share = ALL
    ) -> None:
        inputs, outputs = _columns(table, options)
        classes: tuple[str, ...] = ()
        read = table.numbers(inputs).values
        wanted: npt.NDArray[Any]
        ahead = 0
        if outputs and outputs[0] in table.words:
            classes = tuple(sorted(set(table.words[outputs[0]])))
            if len(classes) < 2:
                raise TextError(f"all rows of {table.name} are of the class {classes[0]!r}")
            places = {name: place for place, name in enumerate(classes)}
            wanted = np.array([places[word] for word in table.words[outputs[0]]])
        elif outputs:
            wanted = table.numbers(outputs).values
        else:
            wanted, outputs, ahead = read, inputs, 1
        mean, deviation = read.mean(0), read.std(0)
        deviation = np.where(deviation > 0, deviation, 1).astype(np.float32)
        self.inputs, self.outputs, self.ahead = inputs, outputs, ahead
        network = NetworkDescription(
            reads=Numbers(
                columns=inputs, mean=tuple(mean.tolist()), deviation=tuple(deviation.tolist())
            ),
            front=Linear(width=config.embedding) if config.embedding else AsRead(),
            layers=(
                LayerDescription(
                    architecture=config.architecture,
                    units=config.units,
                    direction="both" if options.bidirectional else "forward",
                ),
            )
            * config.layers,
            readout=Readout(
                kind=options.readout,  # type: ignore[arg-type]
                attention_units=config.units if options.readout == "attention" else 0,
            ),
            head=Head(
                outputs=classes or _named(outputs, ahead), gives="softmax" if classes else "linear"
            ),
        )
        scaled = (read - mean) / deviation
        length = config.sequence_length if options.readout == "every" else 0
        sequences = _sequences(table, length, ahead)
        examples = [_example(scaled, wanted, part, ahead, options.readout) for part in sequences]
        examples = [one for one in examples if len(one.entering)]
        held = round(config.held_out if config.held_out > 1 else config.held_out * len(examples))
        held = min(held, len(examples) - 1)
        kept = examples[: len(examples) - held]
        facts = {
            "rows": len(table),
            "sequences": len(kept),
            "held_out_sequences": held,
            "reads": list(inputs),
            "gives": list(classes or outputs),
            "notes": rare_labels_noted(Counter(table.words[outputs[0]])) if classes else [],
        }
        described = SequenceDescription(
            task=self.name,
            network=network,
            name=config.name,
            default_text=config.default_text,
        )
        super().__init__(config, described, kept, examples[len(kept) :], facts, share)
        if self.numbers and not config.start_from:
            # The head begins where the outputs lie, so that what is learned is how they move.
            with torch.no_grad():
                all_wanted = torch.cat([one.wanted.reshape(-1, len(outputs)) for one in kept])
                self.model.output.bias.copy_(all_wanted.nanmean(0))

    @classmethod
    def from_config(cls, config: TrainingConfig, share: Share = ALL) -> NumbersTask:
        """Read the rows, or make them up, and make the model.

        Raises:
            RnnvizError: the rows or the settings do not allow it.
        """
        options = options_as(NumbersOptions, config, cls.name)
        if options.readout not in ("every", "last", "mean", "max", "attention"):
            raise RnnvizError(
                f"the readout is {options.readout!r}; it may be every, last, mean, max, attention"
            )
        if options.made_up:
            if options.made_up != "flip-flop":
                raise RnnvizError(f"{options.made_up!r} cannot be made up; flip-flop can")
            table = flip_flop(options.bits, MADE_UP_STEPS, config.seed, config.sequence_length)
            return cls(config, options, table, share)
        if not config.texts:
            raise TextError("no file is given to train on; name a CSV, NPY or NPZ file of numbers")
        if len(config.texts) > 1:
            raise TextError("one file of numbers is read; put the sequences into one, in rows")
        told: list[str] = []
        table = read_table(Path(config.texts[0]), options.sequence_column, told.append)
        task = cls(config, options, table, share)
        task.facts = with_notes(task.facts, dict.fromkeys(told))
        return task

    def shown(self, place: int, answers: Tensor) -> str:
        """The last steps of a sequence: what came out, and what was to come out."""
        example, outputs = self.held[place], self.description.network.head.outputs
        if not self.numbers:
            best = answers.reshape(-1, len(outputs)).argmax(dim=1)[-_SHOWN_STEPS:].tolist()
            right = example.wanted.reshape(-1)[-_SHOWN_STEPS:].tolist()
            pairs = zip(best, right, strict=True)
            return " ".join(outputs[b] + f" (it is {outputs[r]})" * (b != r) for b, r in pairs)
        said = answers.reshape(-1, len(outputs))[-_SHOWN_STEPS:]
        wanted = example.wanted.reshape(-1, len(outputs))[-_SHOWN_STEPS:]
        return "\n".join(
            f"{name}: {_row(said[:, column])}\n{' ' * len(name)}  {_row(wanted[:, column])}"
            for column, name in enumerate(outputs)
        )


def _row(values: Tensor) -> str:
    return " ".join(f"{value:6.2f}" for value in values.tolist())


def _named(outputs: Sequence[str], ahead: int) -> tuple[str, ...]:
    return tuple(f"next {name}" for name in outputs) if ahead else tuple(outputs)


def _columns(table: Table, options: NumbersOptions) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Which columns are read, and which are to come out; none of these for the next row."""
    inputs, outputs = (
        tuple(name.strip() for name in given.split(",") if name.strip())
        for given in (options.inputs, options.outputs)
    )
    known = (*table.columns, *table.words)
    for name in (*inputs, *outputs):
        if name not in known:
            raise TextError(f"{table.name} has no column {name!r}; it has {', '.join(known[:40])}")
    if not outputs:
        outputs = table.outputs or tuple(table.words)[:1]
    if not outputs:
        outputs = tuple(
            name for name in table.columns
            if name.lower().startswith(("out", "target", "y ", "y_")) or name.lower() == "y"
        )  # fmt: skip
    if len(outputs) > 1 and any(name in table.words for name in outputs):
        raise TextError("of several columns that are to come out none may hold words")
    inputs = inputs or tuple(name for name in table.columns if name not in outputs)
    if not inputs:
        raise TextError(f"no column of {table.name} is left to be read")
    return inputs, outputs


def _sequences(table: Table, length: int, ahead: int) -> list[tuple[int, int]]:
    """The steps of every example: a document, or parts of it of so many steps, if not 0."""
    found = []
    for start, end in table.documents:
        stop = end - ahead  # what is to come out of the last step is not there
        each = length or max(1, stop - start)
        found += [(a, min(a + each, stop)) for a in range(start, stop, each)]
    return found


def _example(
    scaled: npt.NDArray[np.float32],
    wanted: npt.NDArray[Any],
    part: tuple[int, int],
    ahead: int,
    readout: str,
) -> Example:
    start, stop = part
    entering = torch.from_numpy(np.ascontiguousarray(scaled[start:stop], np.float32))
    if readout == "every":
        return Example(entering, torch.from_numpy(wanted[start + ahead : stop + ahead].copy()))
    return Example(entering, torch.from_numpy(np.asarray(wanted[stop - 1 + ahead]).copy()))
