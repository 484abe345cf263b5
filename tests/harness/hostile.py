"""Opens mutated copies of every kind of file, and whatever else may lie at a path.

    python -m tests.harness.hostile [--attempts 10000] [--seed 0] [--only run] [--replay KIND SEED]

Each attempt is made from its kind and a seed alone. It runs in a child that may take 3 GB and 20
seconds; the child is made anew when it dies. An attempt ends well where the file opens or is
refused with a sentence of ours; every other end is printed with its kind and seed, to be played
again. Programs that would connect are replaced by traps. The exit code is the number of wrong ends.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, NamedTuple

import psutil

MEMORY_BYTES = 3 << 30
SECONDS = 20.0
_LONGEST_START = 180.0
_STANDS_STILL = 0.002
"""What has had a smaller share of the processor's time waits for something."""
ROOT = Path(__file__).parents[2]
_DEEP = 1_000_000
_LARGEST = 1 << 25
_PROGRAMS = ("ssh", "scp", "sftp", "rsync", "curl", "wget", "xdg-open")

HOSTILE_NUMBERS = (
    "1180591620717411303424", "-1180591620717411303424", "9223372036854775807",
    "9223372036854775808", "-1", "0", "1e308", "-1e308", "1e-320", "NaN", "Infinity", "-Infinity",
    "9" * 5000, "9007199254740993", "2147483648", "0.5", "1e15", "65536", "4294967296",
)  # fmt: skip
HOSTILE_VALUES = (
    "null", "true", '""', "[]", "{}", '"../../../tmp/x"', '"\\u0000"', '"\\ud800"', '"\\u202e"',
    '"nan"', '"-inf"', "[[[]]]", '{"a": {"a": {}}}', '"' + "x" * 100_000 + '"', '[null, 1, "a"]',
    '"rm -rf"', '"/dev/zero"', '["a", "a"]',
)  # fmt: skip
_VALUE = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null')
_PICKLED = b"cos\nsystem\n(S'touch %s'\ntR."


class End(NamedTuple):
    """How an attempt ended."""

    kind: str
    seed: int
    how: str
    """`opened`, `refused`, or what was wrong."""
    words: str = ""

    @property
    def good(self) -> bool:
        """Whether it was as it should be."""
        return self.how in ("opened", "refused")


# Mutations of bytes


def flipped(data: bytes, rng: random.Random) -> bytes:
    """Some bytes are others."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        if changed:
            changed[rng.randrange(len(changed))] = rng.choice((0, 0xFF, rng.randrange(256)))
    return bytes(changed)


def cut(data: bytes, rng: random.Random) -> bytes:
    """The end is missing."""
    return data[: rng.randrange(len(data) + 1)]


def inserted(data: bytes, rng: random.Random) -> bytes:
    """Something stands between."""
    place = rng.randrange(len(data) + 1)
    piece = rng.choice((rng.randbytes(rng.randrange(1, 200)), bytes(500), b"\xff" * 9, b"\n" * 3))
    return data[:place] + piece + data[place:]


def removed(data: bytes, rng: random.Random) -> bytes:
    """A stretch is missing."""
    first, last = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:first] + data[min(last, first + 300) :]


def repeated(data: bytes, rng: random.Random) -> bytes:
    """A stretch stands twice."""
    first, last = sorted(rng.randrange(len(data) + 1) for _ in range(2))
    return data[:last] + data[first:last] + data[last:]


def zeroed(data: bytes, rng: random.Random) -> bytes:
    """A stretch is zeros, as a file system leaves it after a crash."""
    first = rng.randrange(len(data) + 1)
    return data[:first] + bytes(min(512, len(data) - first)) + data[first + 512 :]


def revalued(data: bytes, rng: random.Random) -> bytes:
    """Some numbers and strings of JSON, also within a header, are what nobody means."""
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        found = list(_VALUE.finditer(data))
        if not found:
            break
        match = rng.choice(found)
        number = match[0][:1] in b"-0123456789"
        values = HOSTILE_NUMBERS if number and rng.random() < 0.7 else HOSTILE_VALUES
        data = data[: match.start()] + rng.choice(values).encode() + data[match.end() :]
    return data


def nested(data: bytes, rng: random.Random) -> bytes:
    """A value is a nesting of a million."""
    found = list(_VALUE.finditer(data))
    opening, closing = rng.choice(((b"[", b"]"), (b'{"a":', b"}")))
    deep = opening * _DEEP + b"1" + closing * _DEEP * rng.choice((0, 1))
    if not found or rng.random() < 0.2:
        return deep
    match = rng.choice(found)
    return data[: match.start()] + deep + data[match.end() :]


def pickled(data: bytes, rng: random.Random) -> bytes:
    """A pickle that would run a program."""
    sprung = os.environ.get("RNNVIZ_SPRUNG", "/nowhere").encode()
    call = _PICKLED % sprung
    return rng.choice((call, b"\x80\x02" + call, data + call, b"\x80\x04" + call + data))


def header_resized(data: bytes, rng: random.Random) -> bytes:
    """The length that a file begins with is another one."""
    length = rng.choice((0, 1, 2**31, 2**40, 2**63, 2**64 - 1, len(data), rng.randrange(10_000)))
    return length.to_bytes(8, "little") + data[8:]


def header_revalued(data: bytes, rng: random.Random) -> bytes:
    """The JSON of a safetensors header says what nobody means, and its length is right."""
    length = int.from_bytes(data[:8], "little")
    if not 2 <= length <= len(data) - 8:
        return revalued(data, rng)
    header = revalued(data[8 : 8 + length], rng)
    return len(header).to_bytes(8, "little") + header + data[8 + length :]


BYTES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    flipped, flipped, cut, inserted, removed, repeated, zeroed, revalued, revalued, revalued,
    header_revalued, header_revalued, header_resized, nested, pickled,
)  # fmt: skip

# What else may lie at a path


def _link_to_device(path: Path, rng: random.Random) -> None:
    path.symlink_to(rng.choice(("/dev/zero", "/dev/urandom", "/dev/full", "/dev/tty", "/dev/null")))


def _loop(path: Path, rng: random.Random) -> None:
    other = path.with_name(f"loop-{rng.randrange(9)}")
    other.unlink(missing_ok=True)
    path.symlink_to(other.name)
    other.symlink_to(path.name)


def _pipe(path: Path, rng: random.Random) -> None:
    os.mkfifo(path)


def _folder(path: Path, rng: random.Random) -> None:
    path.mkdir()


def _empty(path: Path, rng: random.Random) -> None:
    path.touch()


def _sparse(path: Path, rng: random.Random) -> None:
    with path.open("wb") as file:
        file.truncate(rng.choice((1 << 40, 1 << 33, 20_000_000)))


def _of_the_system(path: Path, rng: random.Random) -> None:
    path.symlink_to(rng.choice(("/proc/self/mem", "/proc/self/maps", "/proc/kmsg", "/sys/class")))


def _nothing(path: Path, rng: random.Random) -> None:
    pass


ODD: tuple[Callable[[Path, random.Random], None], ...] = (
    _link_to_device, _link_to_device, _loop, _pipe, _folder, _empty, _sparse, _of_the_system,
    _nothing,
)  # fmt: skip


def mutate(path: Path, seed: int) -> str:
    """Change what lies there, file or folder; what was done, for the trail."""
    rng = random.Random(seed)
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    done = []
    for _ in range(rng.choice((1, 1, 1, 2))):
        file = rng.choice(files)
        if rng.random() < 0.25:
            change = rng.choice(ODD)
            really = file.is_dir() and not file.is_symlink()
            shutil.rmtree(file) if really else file.unlink(missing_ok=True)
            change(file, rng)
            done.append(f"{file.name}: {change.__name__}")
        elif file.is_file() and not file.is_symlink() and file.stat().st_size < _LARGEST:
            mutation = rng.choice(BYTES)
            data = mutation(file.read_bytes(), rng)
            sparse = rng.random() < 0.04
            file.write_bytes(data)
            if sparse:
                os.truncate(file, 1 << 40)
            done.append(f"{file.name}: {mutation.__name__}{', sparse' if sparse else ''}")
    return "; ".join(done)


# The child


def serve() -> None:
    """In the child: whoever opens files is forked from here, again whenever it dies.

    Importing all that opens something takes seconds; a fork of a process that has done nothing else
    takes none.
    """
    from tests.harness import opening  # noqa: F401 - so that all is imported by now

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    while True:
        process = os.fork()
        if process == 0:
            _open_what_is_asked(answers)
            os._exit(0)
        _, status = os.waitpid(process, 0)
        if status == 0:
            return  # nothing is asked any more
        answers.write(json.dumps({"died": os.waitstatus_to_exitcode(status)}) + "\n")
        answers.flush()


def _open_what_is_asked(answers: IO[str]) -> None:
    """Open what each line names, and say how it ended."""
    import resource
    import traceback

    from rnnviz.core.errors import RnnvizError
    from tests.harness.opening import open_all

    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    answers.write(json.dumps({"process": os.getpid()}) + "\n")
    answers.flush()
    for line in sys.stdin:
        kind, path = line.rstrip("\n").split("\t")
        try:
            open_all(kind, Path(path))
            how, words = "opened", ""
        except RnnvizError as error:
            how, words = "refused", str(error)
        except BaseException as error:  # noqa: BLE001 - whatever comes is what is looked for
            how = f"{type(error).__name__}: {error}"[:300]
            words = "".join(traceback.format_exception(error)[-6:])[-2500:]
        answers.write(json.dumps({"how": how, "words": words}) + "\n")
        answers.flush()


class Child:
    """Opens files in a process of its own, which is made anew when it dies or takes too long."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self.made = 0
        self._opener = 0
        """The process that opens, of those that the child makes."""
        self.sprung = place / "sprung"
        programs = place / "programs"
        programs.mkdir()
        for name in _PROGRAMS:
            (programs / name).write_text(f'#!/bin/sh\necho "{name} $@" >> {self.sprung}\nexit 1\n')
            (programs / name).chmod(0o755)
        self._environment = {
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "RNNVIZ_SPRUNG": str(self.sprung),
            "HOME": str(place),
            "OMP_NUM_THREADS": "1",
            "OPENBLAS_NUM_THREADS": "1",
            "PYTHONWARNINGS": "ignore",
        }
        os.environ["RNNVIZ_SPRUNG"] = str(self.sprung)
        self._process: subprocess.Popen[bytes] | None = None

    def attempt(self, kind: str, path: Path) -> tuple[str, str]:
        """How opening it ended, and what was said."""
        process = self._process or self._start()
        assert process.stdin is not None
        process.stdin.write(f"{kind}\t{path}\n".encode())
        process.stdin.flush()
        began = worked = self._worked()
        while (told := self._answer(SECONDS)) is None:
            # Of a busy machine it gets little: its own time counts, and whether it stands still.
            before, worked = worked, self._worked()
            if worked - began >= SECONDS or worked - before < _STANDS_STILL * SECONDS:
                break
        if told is None:
            os.kill(self._opener, signal.SIGKILL)
            assert "died" in (self._answer(_LONGEST_START) or {})
            self._meet()
            return "takes longer than 20 seconds", ""
        if "died" in told:
            self._meet()
            code = int(told["died"])
            return f"the process died: {signal.Signals(-code).name if code < 0 else code}", ""
        if self.sprung.exists():
            words = self.sprung.read_text(errors="replace")
            self.sprung.unlink()
            return "a program was started", words
        return str(told["how"]), str(told["words"])

    def _start(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(
            [sys.executable, "-c", "from tests.harness.hostile import serve; serve()"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            # Not buffered: what waits in a buffer, `select` does not see.
            cwd=ROOT, env=self._environment, start_new_session=True, bufsize=0,
        )  # fmt: skip
        self._meet()
        return self._process

    def _meet(self) -> None:
        """Wait for whoever opens what comes next."""
        told = self._answer(_LONGEST_START)
        if told is None or "process" not in told:
            raise RuntimeError("the child does not start")
        self._opener = int(told["process"])
        self.made += 1

    def _worked(self) -> float:
        """Seconds of the processor that whoever opens has had."""
        try:
            times = psutil.Process(self._opener).cpu_times()
        except psutil.NoSuchProcess:
            return 0.0
        return float(times.user + times.system)

    def _answer(self, seconds: float) -> dict[str, Any] | None:
        """What the child says next; None if it takes longer."""
        assert self._process is not None
        assert self._process.stdout is not None
        ready, _, _ = select.select([self._process.stdout], [], [], seconds)
        if not ready:
            return None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the child ended: {self._process.wait()}")
        return dict(json.loads(line))

    def close(self) -> None:
        """End the child, and whoever it made."""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.communicate()
            self._process = None


class Hostile:
    """Makes attempts, each from its kind and seed alone."""

    def __init__(self, place: Path) -> None:
        from tests.harness.opening import SAMPLES

        self._place = place
        self.samples: dict[str, Path] = {}
        for kind, make in SAMPLES.items():
            folder = place / "samples" / kind
            folder.mkdir(parents=True)
            self.samples[kind] = make(folder)
        self.child = Child(place)

    def attempt(self, kind: str, seed: int) -> End:
        """Mutate a copy of the sample of this kind, and open it."""
        sample, folder = self.samples[kind], self._place / "attempt"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        copy = folder / sample.name
        shutil.copytree(sample, copy) if sample.is_dir() else shutil.copyfile(sample, copy)
        done = mutate(copy, seed)
        how, words = self.child.attempt(kind, copy)
        return End(kind, seed, how, f"{done}\n{words}")


def main() -> int:
    """Attempts over every kind in turn."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attempts", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append")
    parser.add_argument("--replay", nargs=2, metavar=("KIND", "SEED"))
    parser.add_argument("--trail", type=Path, help="write every attempt here, one JSON a line")
    asked = parser.parse_args()
    began = time.monotonic()
    ends: collections.Counter[str] = collections.Counter()
    bad: collections.Counter[str] = collections.Counter()
    with tempfile.TemporaryDirectory(prefix="rnnviz-hostile-") as place:
        hostile = Hostile(Path(place))
        kinds = asked.only or list(hostile.samples)
        if asked.replay:
            end = hostile.attempt(asked.replay[0], int(asked.replay[1]))
            sys.stdout.write(f"{end.how}\n{end.words}\n")
            hostile.child.close()
            return int(not end.good)
        for number in range(asked.attempts):
            end = hostile.attempt(kinds[number % len(kinds)], asked.seed + number)
            ends[end.how if end.good else "wrong"] += 1
            if asked.trail:
                with asked.trail.open("a") as trail:
                    trail.write(json.dumps(end._asdict()) + "\n")
            if not end.good:
                bad[f"{end.kind}: {end.how[:90]}"] += 1
                if bad[f"{end.kind}: {end.how[:90]}"] == 1:
                    sys.stdout.write(f"== {end.kind}, seed {end.seed}: {end.how}\n{end.words}\n")
                    sys.stdout.flush()
        hostile.child.close()
        made = hostile.child.made
    for what, count in bad.most_common():
        sys.stdout.write(f"{count:5}  {what}\n")
    took = time.monotonic() - began
    sys.stdout.write(
        f"{asked.attempts} attempts: {ends['opened']} opened, {ends['refused']} refused, "
        f"{ends['wrong']} ended wrongly; {made} children, {took:.0f} s\n"
    )
    return min(100, ends["wrong"])


if __name__ == "__main__":
    sys.exit(main())
