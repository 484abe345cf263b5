"""What a pickle holds, found out without doing what it says.

A pickle is a small program that makes objects by calling whatever it names. Here it is followed
with inert stand-ins: no name is imported, nothing is called. Containers, numbers, strings, arrays
and tensors become themselves, whatever class else is named becomes an `Instance`: its name and what
it would hold. Sizes are compared with what is there before any memory is taken.
"""

from __future__ import annotations

import math
import pickletools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from rnnviz.core.errors import ModelFileError
from rnnviz.nets.checkpoints.strided import view_fits

Bytes = bytes | memoryview | npt.NDArray[np.uint8]
_DTYPES = {
    "DoubleStorage": torch.float64, "FloatStorage": torch.float32, "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16, "LongStorage": torch.int64, "IntStorage": torch.int32,
    "ShortStorage": torch.int16, "CharStorage": torch.int8, "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}  # fmt: skip
_NAMED_DTYPES = {str(dtype): dtype for dtype in _DTYPES.values()}
_ITEM_BYTES = {kind: dtype.itemsize for kind, dtype in _DTYPES.items()} | {
    "UntypedStorage": 1, "QInt8Storage": 1, "QUInt8Storage": 1, "QInt32Storage": 4,
    "ComplexFloatStorage": 8, "ComplexDoubleStorage": 16,
}  # fmt: skip
"""Bytes of one number in each kind of storage."""
_REBUILT = {
    "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2",
    "torch._utils._rebuild_tensor_v3",
}  # fmt: skip
_WRAPPED = {
    "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state",
    "torch.nn.parameter.Parameter", "torch.nn.parameter.UninitializedParameter",
    "torch.nn.parameter.Buffer", "torch.autograd.variable.Variable",
}  # fmt: skip
"""Called with a tensor, they give that tensor."""
QUANTISED = re.compile(
    r"torch\._utils\._rebuild_qtensor|torch\.ScriptObject|torch\.(ao\.)?(nn\.)?quantized|"
    r"torch\.q(u?int8|int32)|torch\.QU?Int(8|32)Storage|torch\.per_(tensor|channel)_"
)
"""Names that only files of quantised weights ask for."""
_HARMFUL = re.compile(
    r"(builtins\.|__builtin__\.|io\.|_io\.|codecs\.)?(open|eval|exec|execfile|compile|__import__)"
    r"|(posix|nt|os|subprocess|commands|shutil|socket|ctypes|importlib|imp|runpy|pty|pdb|code|sys"
    r"|webbrowser|urllib\d?|requests|http|httplib|ftplib|smtplib|telnetlib|marshal|pip|multiprocessing"
    r"|asyncio|signal|platform|torch\.hub|torch\.serialization|pickle|cloudpickle|dill"
    r"|nturl2path|bdb|timeit|cProfile|profile|types\.CodeType|types\.FunctionType)(\..*)?"
)
"""What does something in the world when it is called; no model needs it."""
_RENAMED = {"__builtin__.long": "builtins.int", "__builtin__.unicode": "builtins.str"}
"""Protocol 2 writes the names of Python 2."""
_DICTIONARIES = {"collections.OrderedDict", "collections.defaultdict", "collections.Counter"}
_PATH = re.compile(r"pathlib(\._local)?\.(Pure)?(Posix|Windows)?Path")
_ARRAY = re.compile(r"numpy\.(core|_core)\.(multiarray|numeric)\.(scalar|_reconstruct|_frombuffer)")
_WRAPPER, _BUFFERED = "joblib.numpy_pickle.NumpyArrayWrapper", "numpy._core.numeric._frombuffer"
_LOADED = "torch.storage._load_from_bytes"
_NUMBER, _NUMBER_AT = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.", 2
"""How a file of torch's older form begins behind the pickle's protocol."""
_MOST_MADE = 4_000_000
_DEEPEST = 60
_PLAIN = (str, bytes, int, float, type(None))


@dataclass(frozen=True)
class Name:
    """A name that the pickle asks for, `posix.system`; never looked up."""

    name: str


@dataclass(frozen=True)
class Stored:
    """A block of numbers that lies beside the pickle."""

    key: str
    kind: str
    """`FloatStorage`."""
    count: int

    @property
    def length(self) -> int:
        """In bytes."""
        return self.count * _ITEM_BYTES[self.kind]


@dataclass(eq=False)
class _Made:
    """Something that would be made by calling a name; never made."""

    name: str
    arguments: tuple[Any, ...]
    items: list[tuple[Any, Any]] = field(default_factory=list)
    listed: list[Any] = field(default_factory=list)
    state: Any = None


@dataclass(eq=False)
class Instance:
    """What would be an object of a class that is never looked up."""

    kind: str
    """The full name of its class: `__main__.CharRNN`."""
    arguments: tuple[Any, ...] = ()
    fields: dict[Any, Any] = field(default_factory=dict)
    """Its attributes."""
    items: dict[Any, Any] = field(default_factory=dict)
    """What it holds as a dictionary."""
    listed: list[Any] = field(default_factory=list)
    """What it holds as a list."""

    @property
    def title(self) -> str:
        """`CharRNN`."""
        return self.kind.rpartition(".")[2]


@dataclass
class Followed:
    """What a pickle would make, before the numbers beside it are read."""

    root: Any
    stored: dict[str, Stored]
    names: list[str]
    """Every name that it asks for, in order."""
    inner: dict[str, bytes]
    """The numbers of storages that lie inside the pickle, by their keys."""

    @property
    def harmful(self) -> str:
        """The first name that does something in the world; empty if there is none."""
        return next((name for name in self.names if _HARMFUL.fullmatch(name)), "")

    @property
    def quantised(self) -> bool:
        """Whether it asks for what only quantised weights need."""
        return any(QUANTISED.match(name) for name in self.names)


class Refused(ModelFileError):
    """The pickle calls what would do something in the world."""

    def __init__(self, name: str, file: str) -> None:
        super().__init__(
            f"{file} holds pickled Python code, not just weights: it asks for {name}, which could "
            "do anything. Nothing was run. Where the model was made, save its weights alone, "
            "torch.save(model.state_dict(), 'weights.pt'), and open that file"
        )


def follow(stream: BinaryIO, file: str) -> Followed:
    """Follow one pickle from where the stream stands; afterwards it stands behind its end.

    Raises:
        ModelFileError: not a pickle, damaged, or announcing what is not there.
    """
    machine = _Machine(file, stream)
    try:
        for opcode, argument, _ in pickletools.genops(stream):
            machine.step(opcode.name, argument)
    except ModelFileError:
        raise
    except Exception as error:  # damaged bytes may raise anything
        raise ModelFileError(
            f"{file} is damaged or cut short: its pickle cannot be read"
        ) from error
    return Followed(machine.root, machine.stored, machine.names, machine.inner)


class _Machine:
    """The pickle machine's stack and memo."""

    def __init__(self, file: str, stream: BinaryIO) -> None:
        self.file = file
        self._stream = stream
        self.root: Any = None
        self.stored: dict[str, Stored] = {}
        self.names: list[str] = []
        self.inner: dict[str, bytes] = {}
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}
        self._known: dict[str, Name] = {}
        self._made = 0

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

    def put(self, place: Any) -> None:
        """Remember what lies on top of the stack."""
        self.memo[len(self.memo) if place is None else int(place)] = self.stack[-1]

    def stop(self) -> None:
        """The end: what is left is what was pickled."""
        (self.root,) = self.stack

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

    def marked(self) -> None:
        """Everything above the last mark is dropped."""
        self.pop_mark()

    def name(self, module: Any, name: Any) -> None:
        """A name is asked for; it stays a name."""
        full = f"{module}.{name}"
        full = _RENAMED.get(full, full.replace("__builtin__.", "builtins."))
        if full not in self._known:
            self._known[full] = Name(full)
            self.names.append(full)
        self.stack.append(self._known[full])

    def call(self, called: Any, arguments: Any) -> None:
        """A name is called; what it would make becomes a stand-in."""
        self._made += 1
        if self._made > _MOST_MADE:
            raise self._damaged("it would make millions of objects")
        arguments = arguments if isinstance(arguments, tuple) else (arguments,)
        name = called.name if isinstance(called, Name) else type(called).__name__
        if name == _LOADED and arguments:
            self.stack.append(self._inside(_bytes_in(arguments[0])))
            return
        if name in _REBUILT:
            _checked_view(self.file, *arguments[:4])
        elif name == "copy_reg._reconstructor" or name == "copyreg._reconstructor":
            name = arguments[0].name if isinstance(arguments[0], Name) else name
            arguments = ()
        self.stack.append(_Made(name, arguments))

    def _inside(self, raw: bytes) -> Stored:
        """A storage that `pickle.dump` keeps as a whole file of torch's older form."""
        if raw[_NUMBER_AT : _NUMBER_AT + len(_NUMBER)] != _NUMBER or _LOADED.encode() in raw[:4096]:
            raise self._damaged("a storage inside it is of an unknown form")
        stream = BytesIO(raw)
        for _ in range(3):
            follow(stream, self.file)
        found = follow(stream, self.file).root
        follow(stream, self.file)
        stream.seek(8, 1)
        if not isinstance(found, Stored) or len(raw) - stream.tell() < found.length:
            raise self._damaged("a storage inside it is cut short")
        stored = Stored(f"inside {len(self.inner)}", found.kind, found.count)
        self.inner[stored.key] = raw[stream.tell() : stream.tell() + found.length]
        return stored

    def append(self, added: list[Any]) -> None:
        """Items are added to the list on top."""
        target = self.stack[-1]
        if isinstance(target, _Made):
            target.listed.extend(added)
        elif isinstance(target, list):
            target.extend(added)
        else:
            raise self._damaged(f"something is added to a {type(target).__name__}")

    def set_items(self, flat: list[Any]) -> None:
        """Keys and values are added to the dictionary on top."""
        target = self.stack[-1]
        pairs = zip(flat[::2], flat[1::2], strict=True)
        if isinstance(target, _Made):
            target.items.extend(pairs)
        elif isinstance(target, _Pairs):
            target.extend(pairs)
        else:
            raise self._damaged(f"a key is set in a {type(target).__name__}")

    def build(self, state: Any) -> None:
        """What was made is given a state."""
        target = self.stack[-1]
        if isinstance(target, _Made):
            target.state = state
            if target.name == _WRAPPER and isinstance(state, _Pairs):
                self._between(target, dict(state))

    def _between(self, made: _Made, about: dict[Any, Any]) -> None:
        """An array whose numbers joblib writes between two operations of the pickle."""
        dtype, shape, order = (about.get(key) for key in ("dtype", "shape", "order"))
        code = dtype.arguments[0] if isinstance(dtype, _Made) and dtype.arguments else ""
        told = re.fullmatch(r"[fiub](\d)", code) if isinstance(code, str) else None
        sizes = isinstance(shape, tuple) and all(type(n) is int and n >= 0 for n in shape)
        if told is None or not sizes or not isinstance(shape, tuple):
            raise self._damaged("an array between its operations is of an unknown kind")
        if about.get("numpy_array_alignment_bytes") is not None:
            self._stream.read(int.from_bytes(self._stream.read(1), "little"))
        wanted, begin = int(told[1]) * math.prod(shape), self._stream.tell()
        left = self._stream.seek(0, 2) - begin
        self._stream.seek(begin)
        if left < wanted:
            raise self._damaged(f"an array of {wanted:,} bytes is announced, {left:,} are left")
        made.name, made.state = _BUFFERED, None
        made.arguments = (self._stream.read(wanted), dtype, shape, order)

    def storage(self, identity: Any) -> None:
        """A block of numbers that lies beside the pickle is asked for."""
        if isinstance(identity, tuple) and identity[:1] == ("module",) and len(identity) > 1:
            self.stack.append(identity[1])  # old files keep the source of the class beside it
            return
        if not isinstance(identity, tuple) or len(identity) not in (5, 6):
            raise self._damaged("what lies beside the pickle is no storage of numbers")
        what, storage, key, _location, count = identity[:5]
        view = identity[5] if len(identity) == 6 else None
        kind = storage.name.rpartition(".")[2] if isinstance(storage, Name) else ""
        if what != "storage" or kind not in _ITEM_BYTES or view is not None:
            raise self._damaged("a tensor's storage is of an unknown kind")
        if type(count) is not int or count < 0:
            raise self._damaged(f"a storage of {count} numbers is announced")
        stored = Stored(str(key), kind, count)
        if self.stored.setdefault(stored.key, stored) != stored:
            raise self._damaged("two storages of different sizes share one place")
        self.stack.append(stored)

    def instance(self, _: Any = None) -> None:
        """Protocol 0: a class and its arguments lie above the mark."""
        called, *arguments = self.pop_mark()
        self.call(called, tuple(arguments))

    def _damaged(self, what: str) -> ModelFileError:
        return _damaged(what, self.file)


def _damaged(what: str, file: str) -> ModelFileError:
    return ModelFileError(f"{file} is damaged or made to harm: {what}; nothing was run")


def _checked_view(
    file: str, stored: Any, offset: Any, size: Any, stride: Any
) -> tuple[Stored, int, tuple[int, ...], tuple[int, ...]]:
    """A tensor's storage, offset, sizes and strides, if it may be one; else it is refused."""
    size = size.arguments[0] if isinstance(size, _Made) and size.arguments else size
    if not isinstance(stored, Stored):
        raise _damaged("a tensor refers to something that is no storage", file)
    if not isinstance(size, tuple | list) or not isinstance(stride, tuple | list):
        raise _damaged("a tensor has a size that is no number", file)
    numbers = (offset, *size, *stride)
    if any(type(number) is not int or number < 0 for number in numbers):
        raise _damaged("a tensor has a size that is no number", file)
    if len(size) != len(stride) or len(size) > 8:
        raise _damaged("a tensor has sizes and strides that do not go together", file)
    _check_fits(size, stride, offset, stored.count, file)
    return stored, offset, tuple(size), tuple(stride)


def _check_fits(
    size: Sequence[int], stride: Sequence[int], offset: int, count: int, file: str
) -> None:
    if not view_fits(size, stride, offset, count):
        raise _damaged(
            f"a tensor of shape {tuple(size)} is announced in a storage of {count:,} numbers", file
        )


def _bytes_in(given: Any) -> bytes:
    """Bytes as protocols from 3 on keep them, or as protocol 2 does, by `_codecs.encode`."""
    coded = isinstance(given, _Made) and given.name == "_codecs.encode" and given.arguments
    text = given.arguments[0] if coded else None
    if isinstance(text, str):
        return bytes(_as_bytes(text))
    return given if isinstance(given, bytes) else b""


def _as_bytes(raw: Any) -> Any:
    """Bytes that protocol 2 writes as a text of their numbers; anything else as it is."""
    return raw.encode("latin-1", "replace") if isinstance(raw, str) else raw


class _Pairs(list[tuple[Any, Any]]):
    """A dictionary before its keys are looked at: those may be anything, at any depth."""


def _drop(machine: _Machine) -> None:
    if machine.marks and machine.marks[-1] == len(machine.stack):
        machine.marks.pop()
    else:
        machine.pop(1)


def _named_instance(machine: _Machine, words: str) -> None:
    arguments = tuple(machine.pop_mark())
    machine.name(*words.split(" ", 1))
    (called,) = machine.pop(1)
    machine.call(called, arguments)


def _dictionary(machine: _Machine) -> None:
    flat = machine.pop_mark()
    machine.stack.append(_Pairs(zip(flat[::2], flat[1::2], strict=True)))


_LITERALS = {
    *("INT", "LONG", "FLOAT", "STRING", "UNICODE", "BININT", "BININT1", "BININT2", "LONG1"),
    *("LONG4", "BINFLOAT", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINSTRING"),
    *("SHORT_BINSTRING", "SHORT_BINBYTES", "BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}
_MAKERS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_DICT": _Pairs,
    "EMPTY_LIST": list,
    "EMPTY_SET": lambda: _Made("builtins.set", ()),
}
_STEPS: dict[str, Callable[[_Machine, Any], None]] = {
    "PROTO": lambda machine, number: None,
    "FRAME": lambda machine, length: None,
    "PUT": _Machine.put,
    "BINPUT": _Machine.put,
    "LONG_BINPUT": _Machine.put,
    "MEMOIZE": _Machine.put,
    "GET": lambda machine, place: machine.stack.append(machine.memo[int(place)]),
    "BINGET": lambda machine, place: machine.stack.append(machine.memo[place]),
    "LONG_BINGET": lambda machine, place: machine.stack.append(machine.memo[place]),
    "MARK": lambda machine, _: machine.marks.append(len(machine.stack)),
    "POP": lambda machine, _: _drop(machine),
    "POP_MARK": lambda machine, _: machine.marked(),
    "DUP": lambda machine, _: machine.stack.append(machine.stack[-1]),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.pop_mark())),
    "LIST": lambda machine, _: machine.stack.append(machine.pop_mark()),
    "DICT": lambda machine, _: _dictionary(machine),
    "FROZENSET": lambda machine, _: machine.stack.append(
        _Made("builtins.set", (machine.pop_mark(),))
    ),
    "TUPLE1": lambda machine, _: machine.stack.append(tuple(machine.pop(1))),
    "TUPLE2": lambda machine, _: machine.stack.append(tuple(machine.pop(2))),
    "TUPLE3": lambda machine, _: machine.stack.append(tuple(machine.pop(3))),
    "GLOBAL": lambda machine, words: machine.name(*words.split(" ", 1)),
    "STACK_GLOBAL": lambda machine, _: machine.name(*machine.pop(2)),
    "INST": _named_instance,
    "OBJ": _Machine.instance,
    "REDUCE": lambda machine, _: machine.call(*machine.pop(2)),
    "NEWOBJ": lambda machine, _: machine.call(*machine.pop(2)),
    "NEWOBJ_EX": lambda machine, _: machine.call(*machine.pop(3)[:2]),
    "APPEND": lambda machine, _: machine.append(machine.pop(1)),
    "APPENDS": lambda machine, _: machine.append(machine.pop_mark()),
    "ADDITEMS": lambda machine, _: machine.append(machine.pop_mark()),
    "SETITEM": lambda machine, _: machine.set_items(machine.pop(2)),
    "SETITEMS": lambda machine, _: machine.set_items(machine.pop_mark()),
    "BUILD": lambda machine, _: machine.build(*machine.pop(1)),
    "BINPERSID": lambda machine, _: machine.storage(*machine.pop(1)),
    "STOP": lambda machine, _: machine.stop(),
}


# What the stand-ins stand for


def resolved(
    followed: Followed,
    file: str,
    storage: Callable[[Stored], Bytes] | None = None,
    *,
    big_endian: bool = False,
) -> Any:
    """What a pickle holds: containers, strings, numbers, arrays, tensors; all else an `Instance`.

    Args:
        storage: the bytes of a block of numbers beside the pickle; None where all lie inside it.
        big_endian: the first byte of each of those numbers is the highest, as some machines
            write them.

    Raises:
        ModelFileError: numbers that are announced are missing.
    """

    def inside(block: Stored) -> bytes:
        return followed.inner.get(block.key, b"")

    return _Resolver(storage or inside, file, big_endian).value(followed.root, 0)


class _Resolver:
    """Turns stand-ins into what they stand for, each once."""

    def __init__(self, storage: Callable[[Stored], Bytes], file: str, big_endian: bool) -> None:
        self._storage, self._file, self._big_endian = storage, file, big_endian
        self._done: dict[int, Any] = {}
        self._kept: list[Any] = []  # an id is only its object's as long as that lives
        self._flat: dict[str, Tensor] = {}

    def value(self, value: Any, depth: int) -> Any:  # noqa: PLR0911 - a kind each
        """What this stands for; nothing where it lies too deep."""
        if isinstance(value, (*_PLAIN, bytearray, Name)):
            return value
        if id(value) in self._done:
            return self._done[id(value)]
        if depth > _DEEPEST:
            return None
        self._kept.append(value)
        if isinstance(value, _Pairs):
            made: dict[Any, Any] = {}
            self._done[id(value)] = made
            self._fill(made, value, depth)
            return made
        if isinstance(value, list):
            listed: list[Any] = []
            self._done[id(value)] = listed
            listed.extend(self.value(one, depth + 1) for one in value)
            return listed
        if isinstance(value, _Made):
            return self._made(value, depth)
        found = value
        if isinstance(value, tuple):
            self._done[id(value)] = None
            found = tuple(self.value(one, depth + 1) for one in value)
        self._done[id(value)] = found
        return found

    def _fill(self, made: dict[Any, Any], pairs: Any, depth: int) -> None:
        for key, value in pairs:
            made[self._key(key, depth)] = self.value(value, depth + 1)

    def _key(self, key: Any, depth: int) -> Any:
        """A key that can be hashed at once: plain, a tuple of such, or else what it is in words."""
        found = self.value(key, depth + 1)
        if isinstance(found, _PLAIN):
            return found
        plain = isinstance(found, tuple) and all(isinstance(part, _PLAIN) for part in found)
        return found if plain else f"<a {type(found).__name__}>"

    def _made(self, made: _Made, depth: int) -> Any:
        name, arguments = made.name, made.arguments
        if name in _DICTIONARIES:
            own: dict[Any, Any] = {}
            self._done[id(made)] = own
            given = arguments[0] if arguments else ()
            self._fill(own, _pairs_in(given), depth)
            self._fill(own, made.items, depth)
            return own
        self._done[id(made)] = None
        found = self._known(made, depth)
        if found is made:
            return self._instance(made, depth)
        self._done[id(made)] = found
        return found

    def _instance(self, made: _Made, depth: int) -> Instance:
        found = Instance(made.name)
        self._done[id(made)] = found
        found.arguments = tuple(self.value(one, depth + 1) for one in made.arguments[:100])
        self._fill(found.items, made.items, depth)
        found.listed.extend(self.value(one, depth + 1) for one in made.listed)
        state = made.state
        slots = state if isinstance(state, tuple) and len(state) == 2 else (state,)
        for part in slots:
            if isinstance(part, _Pairs | _Made):
                inner = self.value(part, depth + 1)
                if isinstance(inner, Mapping):
                    found.fields.update(inner)
        if not found.fields and state is not None and not isinstance(state, _Pairs):
            found.fields["state"] = self.value(state, depth + 1)
        return found

    def _known(self, made: _Made, depth: int) -> Any:  # noqa: PLR0911 - a kind each
        """What this call gives, where that is plain; else the call itself."""
        name, arguments = made.name, made.arguments
        if name in _REBUILT:
            return self._tensor(*arguments)
        if name in _WRAPPED and arguments:
            return self.value(arguments[0], depth + 1)
        if name == "torch._tensor._rebuild_from_type_v2" and len(arguments) > 2:
            return self._of_a_subclass(made, depth)
        if re.fullmatch(r"torch\.(cuda\.)?\w+Tensor", name) and isinstance(made.state, tuple):
            return self._tensor(*made.state)  # before torch 0.1.10
        if _ARRAY.fullmatch(name):
            return self._array(made, depth)
        given = [self.value(one, depth + 1) for one in arguments]
        if name in ("builtins.set", "builtins.frozenset"):
            first = given[0] if given and isinstance(given[0], list | tuple) else ()
            inside = [*first, *(self.value(one, depth + 1) for one in made.listed)]
            return frozenset(one for one in inside if isinstance(one, _PLAIN))
        found = _plain_call(name, given)
        return made if found is _UNKNOWN else found

    def _of_a_subclass(self, made: _Made, depth: int) -> Any:
        """A tensor of a class that inherits from `torch.Tensor`, as fastai has them."""
        called, inner = made.arguments[0], made.arguments[2]
        name = called.name if isinstance(called, Name) else ""
        if not isinstance(inner, tuple) or not inner:
            return made
        if name in _REBUILT and isinstance(inner[0], Stored):
            return self._tensor(*inner)
        return self.value(inner[0], depth + 1) if name in _WRAPPED else made

    def _tensor(self, given: Any, place: Any, sizes: Any, strides: Any, *rest: Any) -> Tensor:
        stored, offset, size, stride = _checked_view(self._file, given, place, sizes, strides)
        dtype = None
        if stored.kind == "UntypedStorage" and len(rest) > 2 and isinstance(rest[2], Name):
            dtype = _NAMED_DTYPES.get(rest[2].name)
        flat = self._numbers(stored, dtype)
        # Of what type the numbers are may be said beside the storage, which then counts bytes.
        _check_fits(size, stride, offset, len(flat), self._file)
        return flat.as_strided(size, stride, offset)

    def _numbers(self, stored: Stored, dtype: torch.dtype | None) -> Tensor:
        dtype = dtype or _DTYPES.get(stored.kind)
        if dtype is None:
            raise ModelFileError(
                f"{self._file} holds numbers of the kind {stored.kind}, which no network that can "
                "be shown has"
            )
        key = f"{stored.key} {dtype}"
        if key not in self._flat:
            raw = self._storage(stored)
            if len(raw) < stored.length:
                raise ModelFileError(
                    f"{self._file} is cut short: of a block of {stored.length:,} bytes "
                    f"{len(raw):,} are there"
                )
            raw = raw[: stored.length]
            item = torch.empty(0, dtype=dtype).element_size()
            whole = len(raw) - len(raw) % item
            # An array was made for these numbers alone; anything else would change with them.
            own = raw[:whole] if isinstance(raw, np.ndarray) else bytearray(raw[:whole])
            if self._big_endian:
                own = np.frombuffer(own, np.uint8).reshape(-1, item)[:, ::-1].copy().reshape(-1)
            self._flat[key] = (
                torch.frombuffer(own, dtype=dtype) if whole else torch.empty(0, dtype=dtype)
            )
        return self._flat[key]

    def _array(self, made: _Made, depth: int) -> Any:
        """A numpy array, or a single number or string of its."""
        arguments = [self.value(one, depth + 1) for one in made.arguments]
        if made.name.endswith(".scalar"):
            about, raw = arguments[0], arguments[1] if len(arguments) > 1 else b""
            dtype = _dtype(about)
            if dtype is None:
                return raw if isinstance(raw, _PLAIN) else made
            raw = _as_bytes(raw)
            if not isinstance(raw, bytes) or len(raw) != dtype.itemsize:
                raise ModelFileError(f"{self._file} is damaged: a number has a wrong length")
            return np.frombuffer(raw, dtype)[0].item() if dtype.itemsize else ""
        if made.name.endswith("._frombuffer"):
            raw, about, shape, order = (*arguments, None, None, None)[:4]
        else:
            state = made.state if isinstance(made.state, tuple) else ()
            if len(state) != 5:
                return made
            _, shape, about, order, raw = (self.value(one, depth + 1) for one in state)
        if isinstance(raw, list):  # an array of objects
            return raw
        dtype = _dtype(about)
        raw = _as_bytes(raw)
        sizes = isinstance(shape, tuple) and all(type(n) is int and n >= 0 for n in shape)
        if dtype is None or not isinstance(raw, bytes | bytearray) or not sizes:
            return made
        if len(raw) != dtype.itemsize * math.prod(shape) or dtype.itemsize == 0:
            raise ModelFileError(
                f"{self._file} is damaged or cut short: an array of shape {shape} is announced in "
                f"{len(raw):,} bytes"
            )
        fortran = order is True or order == "F"
        return np.frombuffer(bytes(raw), dtype).reshape(shape, order="F" if fortran else "C")


_UNKNOWN = object()


def _plain_call(name: str, given: list[Any]) -> Any:
    """What a call of a harmless function gives; `_UNKNOWN` of any other."""
    first = given[0] if given else None
    found: Any = _UNKNOWN
    if name == "_codecs.encode" and isinstance(first, str):
        found = _as_bytes(first)
    elif name in ("torch.Size", "builtins.tuple", "builtins.list"):
        found = tuple(first) if isinstance(first, list | tuple) else _UNKNOWN
    elif name in ("builtins.int", "builtins.float", "builtins.str", "builtins.bytes"):
        found = first if given and isinstance(first, _PLAIN) else _UNKNOWN
        if not given and name in _EMPTY:
            found = _EMPTY[name]
    elif name == "builtins.bytearray" and given:
        found = _as_bytes(first)
    elif name.startswith("torch.jit._pickle.") and given:
        found = first  # a list of tensors or numbers, and what type it has
    elif name == "torch.device" and given:
        found = ":".join(map(str, given))
    elif _PATH.fullmatch(name):
        found = "/".join(map(str, given))
    return found


_EMPTY: Mapping[str, Any] = {"builtins.bytes": b"", "builtins.str": ""}


def _dtype(about: Any) -> np.dtype[Any] | None:
    """The type that a record of `numpy.dtype` names, if it is one of numbers or strings."""
    if not isinstance(about, Instance) or not about.kind.endswith("dtype") or not about.arguments:
        return None
    code = about.arguments[0]
    code = code.decode("ascii", "replace") if isinstance(code, bytes) else code
    if not isinstance(code, str) or not re.fullmatch(r"[<>|=]?([fiub][1248]|[US]\d{1,4})", code):
        return None
    try:
        found = np.dtype(code)
    except TypeError:
        return None
    state = about.fields.get("state")
    order = state[1] if isinstance(state, tuple) and len(state) > 1 else "<"
    return found.newbyteorder(">") if order == ">" else found


def _pairs_in(given: Any) -> list[tuple[Any, Any]]:
    """Pairs of a dictionary that is given as a list of them, or as a dictionary."""
    if isinstance(given, _Pairs):
        return list(given)
    if isinstance(given, _Made):
        return list(given.items)
    listed = given if isinstance(given, list | tuple) else ()
    return [tuple(p) for p in listed if isinstance(p, list | tuple) and len(p) == 2]
