"""Activations that another program recorded: how such files and folders are told from others.

LSTMVis keeps a folder: `lstm.yml`, the states in an HDF5 file, the words in `words.dict`. Anybody
may write JSON: `{"tokens": ["a", ...], "activations": {"layer 1": [[...], ...]}}`, a row a token.
"""

from __future__ import annotations

from pathlib import Path

_STATES = (".hdf5", ".h5")
_ABOUT = "lstm.yml"
_WORDS = ".dict"
_HDF5 = b"\x89HDF"
KEY = "activations"


def is_recorded_elsewhere(path: Path, head: bytes) -> bool:
    """Whether this file holds activations, by how it begins and what lies beside it."""
    if head.startswith(_HDF5):
        return path.suffix.lower() in _STATES and is_folder_of_states(path.parent)
    return head.lstrip()[:1] == b"{" and f'"{KEY}"'.encode() in head


def is_folder_of_states(folder: Path) -> bool:
    """Whether LSTMVis would find states and words here."""
    states, words = states_in(folder)
    return bool(states) and words is not None


def states_in(folder: Path) -> tuple[list[Path], Path | None]:
    """The HDF5 files of a folder, and its list of words, where LSTMVis named one."""
    files = sorted(path for path in folder.iterdir() if path.is_file())[:1000]
    words = [path for path in files if path.suffix.lower() == _WORDS]
    named = any(path.name == _ABOUT for path in files) or len(words) == 1
    states = [path for path in files if path.suffix.lower() in _STATES]
    return states, words[0] if named and words else None
