"""What the colours are, in words."""

from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from rnnviz.core.models.network import SequenceDescription
from rnnviz.views.cells.colour_words import colours_title
from tests.nets.walking.test_windows import network


@pytest.mark.parametrize("reads_in_windows", [True, False])
def test_the_legend_says_that_a_network_reads_in_windows(reads_in_windows: bool) -> None:
    about = network("padded")
    if not reads_in_windows:
        about = msgspec.structs.replace(about, windows=None)
    described = SequenceDescription(task="language-model", network=about)
    session: Any = SimpleNamespace(
        selection=SimpleNamespace(colouring="surprisal"),
        recordings=SimpleNamespace(model=SimpleNamespace(description=described), recording=None),
    )
    wanted = ", windows of 6" if reads_in_windows else ""
    assert colours_title(session) == f"surprisal, bits{wanted}"
