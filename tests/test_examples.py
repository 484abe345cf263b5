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


@pytest.mark.parametrize("module", SHOWN)
def test_the_examples_of_a_module_give_what_they_say(module: str) -> None:
    failed, tried = doctest.testmod(import_module(module))
    assert not failed, "see what was printed"
    assert tried == SHOWN[module], "some stand where nobody looks for them"
