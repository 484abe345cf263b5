"""What a docstring shows is what comes out."""

import doctest
import re
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
EXAMPLE = re.compile(r"^ *>>> ", re.MULTILINE)
SHOWN = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): number
    for path in sorted((ROOT / "rnnviz").rglob("*.py"))
    if (number := len(EXAMPLE.findall(path.read_text(encoding="utf-8"))))
}
"""How many examples each module has: to look into the others for some would import all of them."""


@pytest.mark.parametrize("floor", sorted({module.split(".")[1] for module in SHOWN}))
def test_the_examples_of_a_floor_give_what_they_say(floor: str) -> None:
    """A floor at a time: its modules import the same ones, in one process of the tests."""
    for module, number in SHOWN.items():
        if module.split(".")[1] == floor:
            failed, tried = doctest.testmod(import_module(module))
            assert not failed, f"see what was printed of {module}"
            assert tried == number, f"some of {module} stand where nobody looks for them"
