"""A tiny model and a small text on disk, for real invocations of the command line."""

import shutil

import pytest

from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.language.model import LanguageModel

TEXT = 'a "cold bed"\nhello "a cab" hello\nhe held a "bell" "hello"\na bold lead\n' * 8


@pytest.fixture
def model(tiny_description, tmp_path):
    """The path of an LSTM of 2 layers of 8 units."""
    path = tmp_path / "tiny.safetensors"
    save_model(path, LanguageModel(tiny_description, seed=1))
    return path


@pytest.fixture
def text(tmp_path):
    """The path of a text that this model knows."""
    path = tmp_path / "text.txt"
    path.write_text(TEXT)
    return path


@pytest.fixture
def recording(tiny_recording, tmp_path):
    """The folder of a recording."""
    return shutil.copytree(tiny_recording.folder, tmp_path / "copy.recording")


@pytest.fixture(autouse=True)
def _windows_may_come_later(qapp: object) -> None:
    """A command that draws makes an application without widgets, and a process has but one."""
