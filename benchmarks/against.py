"""A benchmark here and in another checkout, in turn, with the figures of both side by side.

    git worktree add --detach /tmp/base 886525e
    python benchmarks/against.py /tmp/base live.py heatmap_hover.py "walking.py --characters 30000"

Each script is run as it stands in its own checkout, the other one first and then this one, so many
times (`--repeats`), by the interpreter that runs this. Of every figure that both print on a line of
the same words the fastest is taken on either side, and the ratio printed: what is below 1 became
smaller. Beside them stands the processor time of the whole script with all that it started, which
tells more where other work keeps the machine busy; `uptime` is printed for that.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import shlex
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

_NUMBER = re.compile(r"(?<![\w.])\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?")
_SECONDS = 1800
Figures = dict[str, list[float]]
"""The numbers of each line, by the line without them."""


def main() -> None:
    """Run them in turn, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("base", type=Path, nargs="?", help="another checkout")
    parser.add_argument("scripts", nargs="*", help="of benchmarks/, with their arguments")
    parser.add_argument("--repeats", type=int, default=2)
    options = parser.parse_args()
    if options.base is None:  # `make benchmarks` runs every script as it is
        parser.print_usage()
        return
    here = Path(__file__).resolve().parent.parent
    for script in options.scripts:
        found: dict[Path, dict[str, list[list[float]]]] = {}
        for _ in range(options.repeats):
            for root in (options.base.resolve(), here):
                for words, numbers in figures_of(root, shlex.split(script)).items():
                    found.setdefault(root, defaultdict(list))[words].append(numbers)
        print(f"\n{script}, load {os.getloadavg()[0]:.1f}: there, here, here / there")
        for words, there in found.get(options.base.resolve(), {}).items():
            compare(words, there, found[here].get(words, []))


def figures_of(root: Path, script: list[str]) -> Figures:
    """What a script prints in this checkout, and the processor time that it took."""
    environment = {**os.environ, "PYTHONPATH": str(root)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, str(root / "benchmarks" / script[0]), *script[1:]]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run(
        command,
        check=False,
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode:
        print(f"{script[0]} failed in {root}: {run.stderr.strip().splitlines()[-1:]}")
        return {}
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    found: Figures = {"processor time of the whole script, # s": [used]}
    for line in run.stdout.splitlines():
        numbers = [float(each.replace(",", "")) for each in _NUMBER.findall(line)]
        words = re.sub(r"PASS|pass|short( of)?", "", _NUMBER.sub("#", line))
        if numbers:
            found[" ".join(words.split())] = numbers
    return found


def compare(words: str, there: list[list[float]], here: list[list[float]]) -> None:
    """Print the figures of a line, the smallest of each on either side, where both have them."""
    if not here or len(there[0]) != len(here[0]):
        return
    ours, theirs = ([min(each) for each in zip(*side, strict=True)] for side in (here, there))
    if ours == theirs:
        return  # sizes and claims
    print(f"  {words}")
    for one, other in zip(theirs, ours, strict=True):
        if one != other and one:
            print(f"    {one:12.3f} {other:12.3f} {other / one:8.3f}")


if __name__ == "__main__":
    main()
