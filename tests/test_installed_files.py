"""What `make` installs: the versions that were tested, each file by its hash."""

import re
from pathlib import Path

import pytest

CI = Path(__file__).parents[1] / ".ci"
NAMES = ("requirements.txt", "requirements-torch.txt", "requirements-torch-cpu.txt")


def listed(name: str) -> dict[str, tuple[str, int]]:
    """The version of each package, and how many hashes it has."""
    found = {}
    for package in re.findall(
        r"^[^#\s].*(?:\n +.*)*", (CI / name).read_text("utf-8"), re.MULTILINE
    ):
        pinned = re.match(r"([\w.-]+)==([\w.+]+)(?: ;.*?)? \\\n", package)
        assert pinned is not None, package
        lines = package.splitlines()[1:]
        assert all(re.fullmatch(r" {4}--hash=sha256:[0-9a-f]{64}(?: \\)?", each) for each in lines)
        found[re.sub(r"[-_.]+", "-", pinned[1]).lower()] = pinned[2], len(lines)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_every_package_has_one_version_and_its_hashes(name: str) -> None:
    packages = listed(name)
    assert packages
    assert all(count > 0 for _, count in packages.values())


def test_the_lists_hold_the_versions_that_were_tested() -> None:
    tested = {
        re.sub(r"[-_.]+", "-", line.split("==")[0]).lower(): line.split("==")[1]
        for line in (CI / "constraints.txt").read_text("utf-8").splitlines()
        if "==" in line and line[0] != "#"
    }
    both = listed("requirements.txt") | listed("requirements-torch.txt")
    assert {name: both[name][0] for name in tested} == tested, "make the lists anew with .ci/lock"
    (cpu,) = listed("requirements-torch-cpu.txt").values()
    assert cpu[0] == f"{tested['torch']}+cpu"


def test_what_builds_is_listed_too() -> None:
    wanted = re.search(
        r'requires = \["(\w+)==([\d.]+)"\]', (CI.parent / "pyproject.toml").read_text()
    )
    assert wanted is not None
    assert listed("requirements.txt")[wanted[1]][0] == wanted[2]


def test_everything_that_is_needed_is_listed() -> None:
    """Also what was added to pyproject.toml since."""
    project = (CI.parent / "pyproject.toml").read_text("utf-8")
    part = project[project.index("\ndependencies = ") : project.index("[project.scripts]")]
    needed = {
        re.sub(r"[-_.]+", "-", name).lower()
        for name in re.findall(r'^ {4}"([\w-]+)', part, re.MULTILINE)
    } - {"rnnviz"}
    assert needed <= listed("requirements.txt").keys() | listed("requirements-torch.txt").keys()
