"""Without a display nobody can answer a box: what is refused is said, and the program ends."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere there is a display")


def without_display() -> dict[str, str]:
    hidden = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    return {name: value for name, value in os.environ.items() if name not in hidden}


@pytest.mark.parametrize(
    ("needs", "said"),
    [
        (False, "an optimiser alone"),
        (True, "not which characters or words these are.*rnnviz convert"),
    ],
)
def test_what_cannot_be_opened_is_said_at_once(needs: bool, said: str, tmp_path: Path) -> None:
    net = nn.ModuleDict({"rnn": nn.GRU(5, 3), "fc": nn.Linear(3, 5)})
    kept = net.state_dict() if needs else torch.optim.Adam(net.parameters()).state_dict()
    torch.save(kept, tmp_path / "m.pt")
    places = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")
    home = {name: str(tmp_path / name) for name in places}
    ended = subprocess.run(
        [sys.executable, "-m", "rnnviz", str(tmp_path / "m.pt")],
        env=without_display() | home, capture_output=True, text=True, timeout=90, check=False,
        cwd=tmp_path,
    )  # fmt: skip
    assert ended.returncode == 1, ended.stderr
    assert re.search(said, ended.stderr)


def test_where_nothing_can_be_kept_the_window_opens_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file, not a folder")
    (tmp_path / "tmp").mkdir()
    text = tmp_path / "short.txt"
    text.write_text("It was a bright cold day in April.")
    places = {"RNNVIZ_HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "tmp")}
    ended = subprocess.run(
        [sys.executable, "-m", "rnnviz", str(text)],
        env=without_display() | places, capture_output=True, text=True, timeout=120, check=False,
        cwd=tmp_path,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert "New settings, findings, concepts and crash records will not be kept" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert (tmp_path / "rnnviz-window.png").stat().st_size > 10_000
    assert list((tmp_path / "tmp").iterdir()) == [], "what stood in for the cache is gone"
