"""What crosses the pipe between the window and its engine: requests, and what is answered.

A request names its task by its type, and says with its two type arguments what its progress and
its answer are: see `work.jobs`. Arrays never cross the pipe: the engine writes files, and their
paths travel. Messages are MessagePack, each with its length before it: NaN stays NaN there.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any, ClassVar, Generic, Protocol, TypeVar, get_args

import msgspec

from rnnviz.core.system.ready_types import ready

P = TypeVar("P")
A = TypeVar("A")
P_contra = TypeVar("P_contra", contravariant=True)

_LENGTH = struct.Struct("<Q")


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no answer. A request whose failure says more has a type of its own."""

    kind: str
    """The name of the error's class; `defect` for what was not foreseen."""
    message: str
    """What to tell the person."""
    details: str = ""
    """The traceback of a defect; empty for an error that was raised on purpose."""

    @classmethod
    def of(cls, error: Exception) -> Failure:
        """An error that was raised on purpose."""
        return Failure(kind=type(error).__name__, message=str(error))


def task_named(name: str) -> str:
    """The name of a task, from that of its request: `WalkCheckpoint` asks `walk_checkpoint`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


class Request(
    msgspec.Struct, Generic[P, A], frozen=True, kw_only=True, tag_field="task", tag=task_named
):
    """A wish for an answer of type A, with facts of type P on the way.

    `class Walk(Request[Walked, Walked], frozen=True, kw_only=True)`; the facts are None where
    nothing is told but how far it is.
    """

    failure: ClassVar[type[Failure]] = Failure
    """What comes instead of an answer."""

    @classmethod
    def task(cls) -> str:
        """The name of what it asks for."""
        return str(cls.__struct_config__.tag)

    @classmethod
    def types(cls) -> tuple[Any, Any]:
        """The types of its progress and of its answer."""
        for base in getattr(cls, "__orig_bases__", ()):
            found = get_args(base)
            if len(found) == 2:
                return found[0], found[1]
        raise TypeError(f"{cls.__name__} does not say what its progress and its answer are")


class Job(msgspec.Struct, frozen=True, tag="job"):
    """A request; `number` names it in every answer."""

    number: int
    request: Request[Any, Any]

    @property
    def task(self) -> str:
        """The name of what is asked for."""
        return self.request.task()


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """A wish: stop this job soon; it answers `Failed` with the kind `Cancelled`."""

    number: int


class Progress(msgspec.Struct, frozen=True, tag="progress"):
    """How far a job is."""

    number: int
    done: float
    total: float
    facts: Any = None
    """What is known already, of the type that the request says; or nothing."""


class Done(msgspec.Struct, frozen=True, tag="done"):
    """A job's answer, of the type that the request says."""

    number: int
    answer: Any


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """A job that gave no answer."""

    number: int
    failure: Failure


Reply = Progress | Done | Failed
Listener = Callable[[Reply], None]


class Context(Protocol[P_contra]):
    """What a running task may ask of whoever runs it."""

    def progress(self, done: float, total: float, facts: P_contra | None = None) -> None:
        """Tell how far the task is, and what is known already.

        Raises:
            Cancelled: the person asked for it to stop.
        """
        ...


Task = Callable[[Any, Context[Any]], Any]
"""A function from a request to its answer."""
Tasks = Mapping[type[Request[Any, Any]], Task]
"""Every task by the type of its request."""


# On the wire


class _SentJob(msgspec.Struct, frozen=True, tag="job"):
    number: int
    request: msgspec.Raw


class _SentProgress(msgspec.Struct, frozen=True, tag="progress"):
    number: int
    done: float
    total: float
    facts: msgspec.Raw


class _SentDone(msgspec.Struct, frozen=True, tag="done"):
    number: int
    answer: msgspec.Raw


class _SentFailed(msgspec.Struct, frozen=True, tag="failed"):
    number: int
    failure: msgspec.Raw


class _Named(msgspec.Struct, frozen=True):
    task: str


_wishes = msgspec.msgpack.Decoder(ready(_SentJob | Cancel))
_replies = msgspec.msgpack.Decoder(ready(_SentProgress | _SentDone | _SentFailed))


def encode(message: Job | Cancel | Reply) -> bytes:
    """A message as bytes, without its length.

    Raises:
        TypeError, ValueError, OverflowError, RecursionError: it holds what cannot be sent.
    """
    return msgspec.msgpack.encode(message)


def decode_wish(message: bytes, tasks: Tasks) -> Job | Cancel | Failed:
    """What the engine is asked; where that is no task of these, or is damaged, the answer to it."""
    wish = _wishes.decode(message)
    if isinstance(wish, Cancel):
        return wish
    try:
        task = _read(wish.request, _Named).task
        kind = {kind.task(): kind for kind in tasks}[task]
        return Job(wish.number, _read(wish.request, kind))
    except KeyError as error:
        return Failed(wish.number, Failure(kind="defect", message=f"no task is called {error}"))
    except msgspec.DecodeError as error:
        message_ = f"the request makes no sense: {error}"
        return Failed(wish.number, Failure(kind="defect", message=message_))


def _read(raw: msgspec.Raw, kind: Any) -> Any:
    return msgspec.msgpack.decode(raw, type=ready(kind))


def number_of(message: bytes) -> int:
    """Which job this reply of the engine is about."""
    return int(_replies.decode(message).number)


def decode_reply(message: bytes, request: type[Request[Any, Any]]) -> Reply:
    """What the engine answers to a request of this type."""
    reply = _replies.decode(message)
    progress, answer = request.types()
    try:
        if isinstance(reply, _SentProgress):
            facts = _read(reply.facts, progress | None if progress else None)
            return Progress(reply.number, reply.done, reply.total, facts)
        if isinstance(reply, _SentDone):
            return Done(reply.number, _read(reply.answer, answer))
        return Failed(reply.number, _read(reply.failure, request.failure))
    except msgspec.DecodeError as error:
        what = f"the answer to {request.task()!r} makes no sense: {error}"
        return Failed(reply.number, Failure(kind="defect", message=what, details=repr(message)))


def framed(message: bytes) -> bytes:
    """A message with its length before it."""
    return _LENGTH.pack(len(message)) + message


def messages(stream: IO[bytes]) -> Iterator[bytes]:
    """The messages of a pipe, until it ends, be it in the middle of one."""
    while len(head := stream.read(_LENGTH.size)) == _LENGTH.size:
        (length,) = _LENGTH.unpack(head)
        message = stream.read(length)
        if len(message) < length:
            return
        yield message
