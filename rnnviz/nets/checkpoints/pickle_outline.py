"""What a pickle would do, found out without doing it.

A pickle is a small program. This machine follows it with inert stand-ins: no name is imported, no
function is called. It refuses every name that a file of weights does not need, and lists what would
be built, so that sizes can be checked before any memory is taken. `torch.load(weights_only=True)`
refuses foreign names as well, but believes the sizes that it reads.
"""

from __future__ import annotations

import pickletools
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from rnnviz.core.errors import ModelFileError

ITEM_BYTES = {
    "DoubleStorage": 8,
    "FloatStorage": 4,
    "HalfStorage": 2,
    "BFloat16Storage": 2,
    "LongStorage": 8,
    "IntStorage": 4,
    "ShortStorage": 2,
    "CharStorage": 1,
    "ByteStorage": 1,
    "BoolStorage": 1,
}
"""Bytes of one number in each kind of storage."""

TENSORS = ("torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_tensor")
_ARRAYS = tuple(
    f"numpy.{core}.multiarray.{name}"
    for core in ("core", "_core")
    for name in ("scalar", "_reconstruct")
)
PATHS = tuple(
    f"{module}.{kind}"
    for module in ("pathlib", "pathlib._local")
    for kind in ("PosixPath", "WindowsPath", "PurePosixPath")
)
"""Folders among a person's options; read as text, never as paths."""
_CALLED = {
    *TENSORS,
    *_ARRAYS,
    "torch._utils._rebuild_parameter",
    "torch.Size",
    "torch.device",
    "collections.OrderedDict",
    "collections.defaultdict",
    "collections.Counter",
    "argparse.Namespace",
    "numpy.dtype",
    "_codecs.encode",
    "builtins.set",
    *PATHS,
}
_NAMED = {
    "numpy.ndarray",
    *(f"builtins.{name}" for name in ("int", "float", "str", "list", "dict")),
    *(f"torch.{name}" for name in ITEM_BYTES),
    *(f"torch.{name}" for name in ("float64", "float32", "float16", "bfloat16", "int64", "int32")),
}
_RENAMED = {"__builtin__.long": "builtins.int", "__builtin__.unicode": "builtins.str"}
"""Protocol 2 writes the names of Python 2."""
_STATE = {"argparse.Namespace", "collections.OrderedDict", "numpy.dtype", *_ARRAYS}
_LETTERS = re.compile(r"[<>|=]?U(\d{1,3})")
"""The type of an array of short strings, such as a vocabulary."""
_NUMBER_TYPES = {"f2", "f4", "f8", "b1", *(f"{sign}{n}" for sign in "iu" for n in (1, 2, 4, 8))}
_PLAIN = (str, bytes, int, float, type(None))


@dataclass(frozen=True)
class Name:
    """A name that the pickle asks for, `posix.system`; never looked up."""

    name: str


@dataclass(eq=False)
class Call:
    """Something that would be made by calling a name; never made."""

    name: str
    arguments: tuple[Any, ...]
    items: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stored:
    """A block of numbers that lies beside the pickle."""

    key: str
    item_bytes: int
    count: int


@dataclass
class Outline:
    """What the pickle would build."""

    root: Any = None
    stored: dict[str, Stored] = field(default_factory=dict)


class Refused(ModelFileError):
    """The pickle asks for a name that a file of weights does not need."""

    def __init__(self, name: str, file: str) -> None:
        super().__init__(
            f"{file} holds pickled Python code, not just weights: it asks for {name}, which could "
            "do anything. Nothing was run. Where the model was made, save its weights alone, "
            "torch.save(model.state_dict(), 'weights.pt'), and open that file"
        )


def outline(stream: BinaryIO, file: str) -> Outline:
    """Follow one pickle from where the stream stands; afterwards it stands behind its end.

    Raises:
        Refused: a name that is not on the short list of harmless ones.
        ModelFileError: not a pickle, damaged, or made to harm.
    """
    machine = PickleMachine(file)
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            machine.step(opcode.name, argument)
    except ModelFileError:
        raise
    except Exception as error:  # damaged bytes may raise anything
        raise ModelFileError(
            f"{file} is damaged or cut short: its pickle cannot be read"
        ) from error
    return machine.outline


class PickleMachine:
    """The pickle machine's stack and memo, for the opcodes that torch writes."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.outline = Outline()
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self.protocol = 0

    def step(self, opcode: str, argument: Any) -> None:
        """Follow one operation."""
        if opcode in _LITERALS:
            self.stack.append(argument)
        elif opcode in _MAKERS:
            self.stack.append(_MAKERS[opcode]())
        elif opcode in _STEPS:
            _STEPS[opcode](self, argument)
        else:
            raise self._damaged(f"the operation {opcode} has no place in a file of weights")

    def put(self, place: int | None) -> None:
        """Remember what lies on top of the stack."""
        self.memo[len(self.memo) if place is None else place] = self.stack[-1]

    def stop(self, _: None) -> None:
        """The end: what is left is what was pickled."""
        (self.outline.root,) = self.stack
        if self.protocol != 2:
            raise ModelFileError(
                f"{self.file} was saved with pickle protocol {self.protocol}; weights are read "
                "safely in protocol 2 only: save it again without pickle_protocol"
            )

    def pop(self, count: int) -> list[Any]:
        """Take so many things from the stack."""
        if len(self.stack) - (self.marks[-1] if self.marks else 0) < count:
            raise self._damaged("its pickle takes more than it has")
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return taken

    def pop_mark(self) -> list[Any]:
        """Take everything above the last mark."""
        mark = self.marks.pop()
        taken = self.stack[mark:]
        del self.stack[mark:]
        return taken

    def name(self, module: str, name: str) -> None:
        """A name is asked for; it stays a name."""
        full = _RENAMED.get(
            f"{module}.{name}", f"{module.replace('__builtin__', 'builtins')}.{name}"
        )
        if full not in _CALLED and full not in _NAMED:
            raise Refused(full, self.file)
        self.stack.append(Name(full))

    def call(self, called: Any, arguments: Any) -> None:
        """A name is called; what it would make becomes a stand-in."""
        called, arguments = self._is(called, Name), self._is(arguments, tuple)
        if called.name not in _CALLED:
            raise self._damaged(f"it calls {called.name}")
        self._check(called.name, arguments)
        self.stack.append(Call(called.name, arguments))

    def _check(self, name: str, arguments: tuple[Any, ...]) -> None:
        """Refuse arguments that the real function would turn into harm."""
        harmless = True
        if name in TENSORS:
            self._check_tensor(*arguments[:4])
        elif name == "numpy.dtype":
            kind = self._is(arguments[0], str)
            harmless = kind.lstrip("<>|=") in _NUMBER_TYPES or bool(_LETTERS.fullmatch(kind))
        elif name in PATHS:
            harmless = all(isinstance(part, str) for part in arguments)
        elif name.endswith("._reconstruct"):
            harmless = arguments[1] == (0,)
        elif name == "_codecs.encode":
            harmless = arguments[1:] == ("latin1",) and isinstance(arguments[0], str)
        elif name == "argparse.Namespace":
            harmless = not arguments
        elif name == "collections.OrderedDict":
            keys = [key for key, _ in arguments[0]] if arguments else []
            harmless = all(isinstance(key, _PLAIN) for key in keys)
        elif name in ("builtins.set", "torch.Size", "collections.Counter"):
            harmless = all(isinstance(value, _PLAIN) for found in arguments for value in found)
        if not harmless:
            raise self._damaged(f"it makes a {name} of something unexpected")

    def _check_tensor(self, stored: Any, offset: Any, size: Any, stride: Any) -> None:
        stored = self._is(stored, Stored)
        numbers = (offset, *self._is(size, tuple), *self._is(stride, tuple))
        if any(type(number) is not int or number < 0 for number in numbers):
            raise self._damaged("a tensor has a size that is no number")
        if len(size) != len(stride) or len(size) > 8:
            raise self._damaged("a tensor has sizes and strides that do not go together")
        elements, last = 1, offset
        for length, step in zip(size, stride, strict=True):
            elements *= length
            last += (length - 1) * step
        if elements and (elements > stored.count or last >= stored.count):
            raise self._damaged(
                f"a tensor of shape {size} is announced in a storage of {stored.count:,} numbers"
            )

    def append(self, added: list[Any]) -> None:
        """Items are added to the list on top."""
        self._is(self.stack[-1], list).extend(added)

    def set_items(self, flat: list[Any]) -> None:
        """Keys and values are added to the dictionary on top."""
        target = self.stack[-1]
        items = target.items if isinstance(target, Call) else self._is(target, dict)
        for key, value in zip(flat[::2], flat[1::2], strict=True):
            # hashing a deeply nested tuple would overflow the stack of the real reader
            items[self._is(key, _PLAIN)] = value

    def build(self, state: Any) -> None:
        """What was made is given a state."""
        target = self._is(self.stack[-1], Call)
        if target.name not in _STATE:
            raise self._damaged(f"it changes a {target.name} after it was made")
        letters = target.name == "numpy.dtype" and _LETTERS.fullmatch(target.arguments[0])
        sizes = (4 * int(letters[1]), 4) if letters else (-1, -1)
        if target.name == "numpy.dtype" and not (
            isinstance(state, tuple)
            and len(state) >= 7
            and state[2:7] == (None, None, None, *sizes)
        ):
            raise self._damaged("an array's type is no plain type of numbers")

    def storage(self, identity: Any) -> None:
        """A block of numbers that lies beside the pickle is asked for."""
        kind, storage, key, _location, count, *view = self._is(identity, tuple)
        item_bytes = ITEM_BYTES.get(self._is(storage, Name).name.removeprefix("torch."))
        if kind != "storage" or item_bytes is None or view not in ([], [None]):
            raise self._damaged("a tensor's storage is of an unknown kind")
        if type(count) is not int or count < 0:
            raise self._damaged(f"a storage of {count} numbers is announced")
        stored = Stored(self._is(key, str), item_bytes, count)
        if self.outline.stored.setdefault(stored.key, stored) != stored:
            raise self._damaged("two storages of different sizes share one place")
        self.stack.append(stored)

    def _is(self, value: Any, kind: type | tuple[type, ...]) -> Any:
        if not isinstance(value, kind):
            raise self._damaged(f"a {type(value).__name__} stands in an unexpected place")
        return value

    def _damaged(self, what: str) -> ModelFileError:
        return ModelFileError(f"{self.file} is damaged or made to harm: {what}; nothing was run")


_LITERALS = {
    *("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE"),
    *("SHORT_BINSTRING", "BINSTRING", "SHORT_BINBYTES", "BINBYTES"),
}
_MAKERS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
}
_STEPS: dict[str, Callable[[PickleMachine, Any], None]] = {
    "PROTO": lambda machine, number: setattr(machine, "protocol", number),
    "FRAME": lambda machine, length: None,
    "BINPUT": PickleMachine.put,
    "LONG_BINPUT": PickleMachine.put,
    "MEMOIZE": PickleMachine.put,
    "BINGET": lambda machine, place: machine.stack.append(machine.memo[place]),
    "LONG_BINGET": lambda machine, place: machine.stack.append(machine.memo[place]),
    "MARK": lambda machine, _: machine.marks.append(len(machine.stack)),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.pop_mark())),
    "TUPLE1": lambda machine, _: machine.stack.append(tuple(machine.pop(1))),
    "TUPLE2": lambda machine, _: machine.stack.append(tuple(machine.pop(2))),
    "TUPLE3": lambda machine, _: machine.stack.append(tuple(machine.pop(3))),
    "GLOBAL": lambda machine, words: machine.name(*words.split(" ")),
    "STACK_GLOBAL": lambda machine, _: machine.name(*machine.pop(2)),
    "REDUCE": lambda machine, _: machine.call(*machine.pop(2)),
    "NEWOBJ": lambda machine, _: machine.call(*machine.pop(2)),
    "APPEND": lambda machine, _: machine.append(machine.pop(1)),
    "APPENDS": lambda machine, _: machine.append(machine.pop_mark()),
    "SETITEM": lambda machine, _: machine.set_items(machine.pop(2)),
    "SETITEMS": lambda machine, _: machine.set_items(machine.pop_mark()),
    "BUILD": lambda machine, _: machine.build(*machine.pop(1)),
    "BINPERSID": lambda machine, _: machine.storage(*machine.pop(1)),
    "STOP": PickleMachine.stop,
}
