"""`rnnviz.capture`: a recording of a person's own PyTorch model, made while it runs.

    with rnnviz.capture(model, "my.recording", steps=tokens) as recording:
        model(batch)
    rnnviz.show("my.recording")

Every `nn.RNN`, `nn.LSTM`, `nn.GRU` and every cell inside the model is recorded, in each layer and
direction, hidden states and all gates. Nothing about the model changes: a stack of layers is run
layer by layer with torch's own kernels, and what the model gives is what it gave before.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pad_packed_sequence

from rnnviz.core.errors import RecordingError
from rnnviz.core.quantities.units import layer_name
from rnnviz.core.recordings.description import Classes
from rnnviz.core.recordings.groups import Group
from rnnviz.core.recordings.recording import Recording, remove_recording
from rnnviz.core.recordings.writer import RecordingWriter
from rnnviz.nets.architectures.torch_modules import (
    ARCHITECTURES,
    CHANNELS,
    Cell,
    Stack,
    Weights,
    gates_of,
    has_cell_state,
    run_stack,
    unbounded_channels,
    weights_of,
    weights_of_cell,
)
from rnnviz.nets.capturing.steps import Steps, sequence_of
from rnnviz.nets.capturing.streams import Stream

_AT_ONCE = 1 << 23
"""So many numbers of all gates are computed at a time."""
_OUTPUT = "value"
"""The channel of a module that was named: what it gives."""

FloatType = Literal["float16", "float32"]


@dataclass
class _Call:
    """Where a module is in what it reads: one for each of its calls in a forward pass."""

    number: int
    streams: dict[tuple[int, int], Stream] = field(default_factory=dict)
    """By layer and direction."""
    last: tuple[Tensor, ...] | None = None
    """The states that it left."""


def capture(
    model: nn.Module,
    folder: str | Path,
    *,
    steps: Steps = None,
    modules: Sequence[str] = (),
    channels: Sequence[str] | None = None,
    classes: Sequence[str] | None = None,
    dtype: FloatType = "float16",
    name: str = "",
) -> Capture:
    """Record what a model does within a `with` block.

    A call that is given the states that the last one left goes on with the same sequences, so that
    500 calls of one step are one sequence of 500 steps. Every other call begins new ones; a module
    that is called again within one forward pass of the model is another group of units.

    Args:
        folder: where the recording goes; one that lies there is replaced.
        steps: what is read: the characters of a string, a list of tokens, or numbers (T, F); for a
            batch a list of these. None numbers the steps.
        modules: names of other modules whose output is recorded too, as in `named_modules`.
        channels: which to keep, as `("hidden", "cell")`; None keeps all.
        classes: names of classes: what the model gives is taken as their logits.
        dtype: `float16` keeps three figures; `float32` is exact.
        name: what the model is called; by default its class.

    Raises:
        RecordingError: there is nothing recurrent in it and no module is named, or another folder
            is in the way; when the block ends, nothing was called, or `steps` are of other lengths.
    """
    return Capture(model, Path(folder), steps, modules, channels, classes, dtype, name)


class Capture:
    """A recording that is being made; see `capture`."""

    def __init__(
        self,
        model: nn.Module,
        folder: Path,
        steps: Steps,
        modules: Sequence[str],
        channels: Sequence[str] | None,
        classes: Sequence[str] | None,
        dtype: FloatType,
        name: str,
    ) -> None:
        self.folder = folder
        self._model, self._steps, self._dtype = model, steps, dtype
        self._channels = None if channels is None else tuple(channels)
        self._classes = None if classes is None else tuple(classes)
        self._name = name or type(model).__name__
        named = dict(model.named_modules())
        self._recurrent = {
            path: module for path, module in named.items() if isinstance(module, Stack | Cell)
        }
        unknown = [path for path in modules if path not in named]
        if unknown:
            raise RecordingError(
                f"the model has no module {unknown[0]!r}; it has "
                f"{', '.join(path for path in named if path)[:300]}"
            )
        self._named = {path: named[path] for path in modules if path not in self._recurrent}
        if not self._recurrent and not self._named:
            raise RecordingError(
                f"{type(model).__name__} has no nn.RNN, nn.LSTM, nn.GRU and no cell of these; name "
                "what is to be recorded with modules=[...], as named_modules() calls it"
            )
        if folder.exists() and any(folder.iterdir()) and not (folder / "recording.json").exists():
            raise RecordingError(f"{folder} is there and is no recording; choose another folder")
        self._undo: list[Callable[[], None]] = []
        self._calls: dict[str, list[_Call]] = {}
        self._called: dict[str, int] = {}
        """How often each module was called, not going on, in this forward pass."""
        self._outputs: list[tuple[Tensor, bool]] = []
        self._notes: list[str] = []
        # Also for a named module that is called before the first stack.
        stacks = (one for one in self._recurrent.values() if isinstance(one, Stack))
        self._batch_first = any(one.batch_first for one in stacks)
        self._work: Path | None = None

    # The block

    def __enter__(self) -> Capture:
        """From now on, calls are recorded."""
        self._work = Path(tempfile.mkdtemp(prefix="rnnviz-capture-"))
        begin = self._model.register_forward_pre_hook(self._begin_forward)
        end = self._model.register_forward_hook(self._end_forward)
        self._undo += [begin.remove, end.remove]
        for path, module in self._recurrent.items():
            if isinstance(module, Stack):
                self._watch(path, module)
            else:
                hook = module.register_forward_hook(self._cell_hook(path), with_kwargs=True)
                self._undo.append(hook.remove)
        for path, module in self._named.items():
            self._undo.append(module.register_forward_hook(self._output_hook(path)).remove)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Put the recording together; after an error in the block there is none."""
        for undo in reversed(self._undo):
            undo()
        self._undo.clear()
        streams = [s for calls in self._calls.values() for c in calls for s in c.streams.values()]
        for stream in streams:
            stream.close()
        try:
            if kind is None:
                self._write(streams)
        finally:
            assert self._work is not None
            shutil.rmtree(self._work, ignore_errors=True)

    @property
    def recording(self) -> Recording:
        """What was recorded, once the block is over.

        Raises:
            RecordingError: it is not over.
        """
        return Recording(self.folder)

    # What is called

    def _begin_forward(self, module: nn.Module, arguments: Any) -> None:
        self._called.clear()

    def _end_forward(self, module: nn.Module, arguments: Any, output: Any) -> None:
        if self._classes is None:
            return
        logits = output[0] if isinstance(output, tuple) else output
        if not isinstance(logits, Tensor) or logits.shape[-1] != len(self._classes):
            found = tuple(logits.shape) if isinstance(logits, Tensor) else type(logits).__name__
            raise RecordingError(
                f"{len(self._classes)} classes are named and the model gives {found}; its last "
                "axis must hold a logit for each class"
            )
        self._outputs.append((logits.detach().float().cpu(), self._batch_first))

    def _watch(self, path: str, module: Stack) -> None:
        """Have a module run layer by layer, and keep what it did."""
        before = module.__dict__.get("forward")

        def forward(
            inputs: Tensor | PackedSequence, hx: Any = None
        ) -> tuple[Tensor | PackedSequence, Any]:
            return self._run(path, module, inputs, hx)

        module.forward = forward

        def undo() -> None:
            if before is None:
                del module.__dict__["forward"]
            else:
                module.forward = before

        self._undo.append(undo)

    def _run(
        self, path: str, module: Stack, inputs: Tensor | PackedSequence, hx: Any
    ) -> tuple[Tensor | PackedSequence, Any]:
        """What the module's own `forward` does, layer by layer."""
        lstm, packed = has_cell_state(module), isinstance(inputs, PackedSequence)
        self._batch_first = module.batch_first
        sizes = inputs.batch_sizes if isinstance(inputs, PackedSequence) else None
        data = inputs.data if isinstance(inputs, PackedSequence) else inputs
        alone = not packed and data.dim() == 2
        if alone:
            data = data.unsqueeze(1)
        elif not packed and module.batch_first:
            data = data.transpose(0, 1)
        batch = int(sizes[0]) if sizes is not None else data.shape[1]
        given = None if hx is None else (tuple(hx) if lstm else (hx,))
        if given is not None and alone:
            given = tuple(part.unsqueeze(1) for part in given)
        if given is not None and isinstance(inputs, PackedSequence):
            given = tuple(_in_order(part, inputs.sorted_indices) for part in given)
        before = _zeros(module, batch, data) if given is None else given
        hidden, after, runs = run_stack(module, data, sizes, before)
        if isinstance(inputs, PackedSequence):
            _, lengths = pad_packed_sequence(inputs)
            order = inputs.unsorted_indices
        else:
            lengths, order = torch.full((batch,), data.shape[0]), None
        call = self._call(path, before, given is None)
        for layer, run in enumerate(runs):
            self._keep_layer(
                path, module, call, layer, run.inputs, run.hidden, before, inputs, lengths
            )
        call.last = tuple(part.detach() for part in after)
        if module.dropout and module.training and module.num_layers > 1:
            self._note(
                f"{path or 'The model'} ran in training mode: between its layers "
                f"{module.dropout:.0%} of the values were dropped, as they were in this pass."
            )
        result: Tensor | PackedSequence
        if isinstance(inputs, PackedSequence):
            result = PackedSequence(hidden, inputs.batch_sizes, inputs.sorted_indices, order)
            after = tuple(_in_order(part, order) for part in after)
        elif alone:
            result, after = hidden.squeeze(1), tuple(part.squeeze(1) for part in after)
        else:
            result = hidden.transpose(0, 1) if module.batch_first else hidden
        return result, (after if lstm else after[0])

    def _call(self, path: str, before: tuple[Tensor, ...], fresh: bool) -> _Call:
        """The call that this one goes on with, or another of this forward pass."""
        calls = self._calls.setdefault(path, [])
        if not fresh:
            for call in calls:
                if call.last is not None and _same(call.last, before):
                    return call
        number = self._called.get(path, 0)
        self._called[path] = number + 1
        if number == len(calls):
            calls.append(_Call(number))
        call = calls[number]
        call.last = None
        return call

    def _keep_layer(
        self,
        path: str,
        module: Stack,
        call: _Call,
        layer: int,
        inputs: Tensor,
        hidden: Tensor,
        before: tuple[Tensor, ...],
        given: Tensor | PackedSequence,
        lengths: Tensor,
    ) -> None:
        """Both directions of one layer."""
        directions = 2 if module.bidirectional else 1
        with torch.no_grad():
            if isinstance(given, PackedSequence):
                inputs, hidden = (
                    pad_packed_sequence(
                        PackedSequence(
                            part.detach(),
                            given.batch_sizes,
                            given.sorted_indices,
                            given.unsorted_indices,
                        )
                    )[0]
                    for part in (inputs, hidden)
                )
            for direction in range(directions):
                width = hidden.shape[2] // directions
                own = hidden[..., direction * width : (direction + 1) * width].detach()
                row = layer * directions + direction
                start = tuple(part[row].detach() for part in before)
                if isinstance(given, PackedSequence) and given.unsorted_indices is not None:
                    start = tuple(part[given.unsorted_indices] for part in start)
                weights = weights_of(module, layer, direction)
                stream = self._stream(path, call, weights, layer, direction)
                self._keep(stream, weights, inputs.detach(), own, start, lengths, bool(direction))

    def _keep(
        self,
        stream: Stream,
        weights: Weights,
        inputs: Tensor,
        hidden: Tensor,
        before: tuple[Tensor, ...],
        lengths: Tensor,
        backwards: bool,
    ) -> None:
        """All channels of a block of steps, some steps at a time."""
        steps, batch = inputs.shape[:2]
        if not stream.lengths or not stream.going_on:
            stream.begin(batch)
        stream.going_on = True
        stream.note(steps, lengths.numpy().astype(np.int64))
        at_once = max(1, _AT_ONCE // (batch * weights.units * 8))
        if not backwards:
            state = before
            for start in range(0, steps, at_once):
                part = slice(start, start + at_once)
                channels, state = gates_of(weights, inputs[part], hidden[part], state)
                stream.write(self._kept(channels, stream))
            return
        # Each sequence is read from its own end: turned round, it is read forwards.
        turned = _turned(lengths, steps).to(inputs.device)
        channels, _ = gates_of(weights, _along(inputs, turned), _along(hidden, turned), before)
        back = {name: _along(values, turned) for name, values in channels.items()}
        stream.write(self._kept(back, stream))

    def _kept(self, channels: dict[str, Tensor], stream: Stream) -> dict[str, Tensor]:
        return {name: channels[name] for name in stream.channels}

    def _cell_hook(self, path: str) -> Any:
        def hook(module: nn.Module, arguments: Any, named: Any, output: Any) -> None:
            with torch.no_grad():
                self._keep_cell(path, module, arguments, named, output)

        return hook

    def _keep_cell(
        self, path: str, cell: Any, arguments: Any, named: Mapping[str, Any], output: Any
    ) -> None:
        inputs = arguments[0] if arguments else named["input"]
        hx = arguments[1] if len(arguments) > 1 else named.get("hx")
        weights = weights_of_cell(cell)
        alone = inputs.dim() == 1
        after = output if isinstance(output, tuple) else (output,)
        given = None if hx is None else (tuple(hx) if isinstance(hx, tuple | list) else (hx,))
        if alone:
            inputs = inputs.unsqueeze(0)
            after = tuple(part.unsqueeze(0) for part in after)
            given = None if given is None else tuple(part.unsqueeze(0) for part in given)
        before = tuple(torch.zeros_like(part) for part in after) if given is None else given
        lengths = torch.ones(len(inputs), dtype=torch.int64)
        call = self._call(path, before, given is None)
        stream = self._stream(path, call, weights, 0, 0)
        call.last = tuple(part.detach() for part in after)
        before = tuple(part.detach() for part in before)
        self._keep(
            stream, weights, inputs.detach()[None], after[0].detach()[None], before, lengths, False
        )

    def _output_hook(self, path: str) -> Any:
        def hook(module: nn.Module, arguments: Any, output: Any) -> None:
            values = output[0] if isinstance(output, tuple) else output
            if not isinstance(values, Tensor) or values.dim() not in (2, 3):
                found = tuple(values.shape) if isinstance(values, Tensor) else type(values).__name__
                raise RecordingError(
                    f"the module {path} gives {found}; what is recorded is (T, B, U), (B, T, U) "
                    "where the model's recurrent modules have batch_first, or (T, U)"
                )
            values = values.detach()
            if values.dim() == 2:
                values = values.unsqueeze(1)
            elif self._batch_first:
                values = values.transpose(0, 1)
            steps, batch, width = values.shape
            number = self._called.get(path, 0)
            self._called[path] = number + 1
            calls = self._calls.setdefault(path, [])
            if number == len(calls):
                calls.append(_Call(number))
            call = calls[number]
            if (0, 0) not in call.streams:
                call.streams[0, 0] = self._new_stream(path, number, width, (_OUTPUT,), "", 0, 0)
            stream = call.streams[0, 0]
            stream.begin(batch)
            stream.note(steps, np.full(batch, steps, np.int64))
            stream.write({_OUTPUT: values})

        return hook

    def _stream(
        self, path: str, call: _Call, weights: Weights, layer: int, direction: int
    ) -> Stream:
        """The stream of this layer and direction, made where it is not there yet."""
        if (layer, direction) not in call.streams:
            available = CHANNELS[weights.mode]
            chosen = available
            if self._channels is not None:
                chosen = tuple(name for name in available if name in self._channels)
                if not chosen:
                    raise RecordingError(
                        f"{path or 'the model'} has none of the channels "
                        f"{', '.join(self._channels)}; it has {', '.join(available)}"
                    )
            call.streams[layer, direction] = self._new_stream(
                path,
                call.number,
                weights.units,
                chosen,
                weights.mode,
                layer,
                direction,
                weights.given,
            )
        stream = call.streams[layer, direction]
        if call.last is None:
            stream.going_on = False
        return stream

    def _new_stream(
        self,
        path: str,
        number: int,
        width: int,
        channels: tuple[str, ...],
        mode: str,
        layer: int,
        direction: int,
        given: int = 0,
    ) -> Stream:
        assert self._work is not None
        stacked = isinstance(self._recurrent.get(path), Stack)
        again = f"#{number + 1}" if number else ""
        place = layer_name(layer, "backward" if direction else "forward") if stacked else ""
        alone = len(self._recurrent) + len(self._named) == 1 and stacked
        short = path if not alone else ""
        group = ".".join(part for part in (short, place) if part) or "cell"
        words = [path or self._name]
        if stacked:
            words.append(f"layer {layer + 1}{' backwards' * direction}")
        if number:
            words.append(f"call {number + 1}")
        return Stream(
            f"{group}{again}"[-63:],
            ", ".join(words),
            ARCHITECTURES.get(mode, ""),
            width,
            self._work,
            channels,
            layer,
            bool(direction),
            unbounded_channels(mode) if mode else (_OUTPUT,),
            "<f2" if self._dtype == "float16" else "<f4",
            given or width,
        )

    def _note(self, words: str) -> None:
        if words not in self._notes:
            self._notes.append(words)

    # The recording

    def _write(self, streams: list[Stream]) -> None:
        if not streams:
            raise RecordingError(
                "nothing was recorded: no recurrent module was called in the block"
            )
        lines = list(dict.fromkeys(tuple(stream.documents().tolist()) for stream in streams))
        sequence, wanted = sequence_of(self._steps, lines)
        firsts = dict(zip(lines, np.cumsum([0, *map(sum, lines[:-1])]).tolist(), strict=True))
        total = sum(map(sum, lines))
        groups = []
        for stream in streams:
            line = tuple(stream.documents().tolist())
            runs = ((firsts[line], firsts[line] + sum(line)),) if len(lines) > 1 else ()
            groups += [
                Group(
                    name=part.name,
                    title=part.title,
                    architecture=stream.architecture,
                    width=part.width,
                    channels=part.channels,
                    ranges=dict.fromkeys(
                        (name for name in stream.unbounded if name in part.channels), "unbounded"
                    ),
                    layer=stream.layer,
                    direction="backward" if stream.backwards else "forward",
                    runs=runs,
                )
                for part in stream.parts()
            ]
        remove_recording(self.folder)
        writer = RecordingWriter(
            self.folder,
            sequence,
            groups,
            None if self._classes is None else Classes(classes=self._classes),
            dtype=self._dtype,
            model_name=self._name,
            notes=self._notes,
        )
        place = 0
        for stream in streams:
            line = tuple(stream.documents().tolist())
            start, many = firsts[line], len(stream.parts())
            for document in range(len(line)):
                for block in stream.blocks(document):
                    for group in range(place, place + many):
                        writer.write_group(group, start, block)
                    start += next(iter(block.values())).shape[1]
            place += many
        if self._classes is not None:
            self._write_classes(writer, wanted, firsts[wanted], total)

    def _write_classes(
        self, writer: RecordingWriter, line: tuple[int, ...], first: int, total: int
    ) -> None:
        """What the model gave, where it gave it."""
        assert self._classes is not None
        shares = np.full((total, len(self._classes)), np.nan, np.float32)
        begins = (first + np.cumsum([0, *line[:-1]])).tolist()
        document, inside = 0, 0
        for logits, batch_first in self._outputs:
            found = logits.softmax(dim=-1).numpy()
            if found.ndim == 3:
                found = found if batch_first else found.swapaxes(0, 1)
                batch = len(found)
                for row in range(batch):
                    if document + row >= len(line):
                        break
                    stop = min(inside + found.shape[1], line[document + row])
                    begin = begins[document + row]
                    shares[begin + inside : begin + stop] = found[row, : stop - inside]
                inside += found.shape[1]
                if inside >= max(line[document : document + batch]):
                    document, inside = document + batch, 0
            else:
                rows = found if found.ndim == 2 else found[None]
                if len(rows) == line[document] and len(line) == 1 and len(rows) > 1:
                    shares[begins[0] : begins[0] + len(rows)] = rows
                    document += 1
                    continue
                for row in rows:
                    if document < len(line):
                        shares[begins[document] + line[document] - 1] = row
                        document += 1
        truth = np.full(total, -1, np.int32)
        writer.write_output(0, {"class_p": shares, "truth": truth})


def _zeros(module: Stack, batch: int, data: Tensor) -> tuple[Tensor, ...]:
    rows = module.num_layers * (2 if module.bidirectional else 1)
    given = module.proj_size or module.hidden_size
    hidden = data.new_zeros(rows, batch, given)
    if not has_cell_state(module):
        return (hidden,)
    return hidden, data.new_zeros(rows, batch, module.hidden_size)


def _in_order(part: Tensor, order: Tensor | None) -> Tensor:
    return part if order is None else part.index_select(1, order)


def _same(last: tuple[Tensor, ...], before: tuple[Tensor, ...]) -> bool:
    return all(
        a.shape == b.shape and torch.equal(a, b.detach()) for a, b in zip(last, before, strict=True)
    )


def _turned(lengths: Tensor, steps: int) -> Tensor:
    """(T, B) which step stands where, each sequence turned round within its length."""
    places = torch.arange(steps)[:, None]
    return torch.where(places < lengths, lengths - 1 - places, places)


def _along(values: Tensor, places: Tensor) -> Tensor:
    return values.gather(0, places[..., None].expand(-1, -1, values.shape[2]))
