"""Where things lie: what ships with rnnviz, and the folders that belong to the person."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

from rnnviz.core.errors import RnnvizError

HOME_VARIABLE = "RNNVIZ_HOME"
"""The environment variable that moves all of the person's folders into one."""

_PACKAGE = Path(__file__).resolve().parents[2]


def resources() -> Path:
    """The sample texts, icons and fonts that ship."""
    return _shipped("resources")


def models() -> Path:
    """The trained models that ship."""
    return _shipped("models")


def config_directory() -> Path:
    """Where settings are kept; made if it is not there.

    Raises:
        RnnvizError: the folder cannot be made.
    """
    return _made("config", platformdirs.user_config_path("rnnviz", appauthor=False))


def cache_directory() -> Path:
    """Where recordings are kept: anything here can be computed again; made if it is not there.

    Raises:
        RnnvizError: the folder cannot be made.
    """
    return _made("cache", platformdirs.user_cache_path("rnnviz", appauthor=False))


def data_directory() -> Path:
    """Where the person's own findings and concepts are kept; made if it is not there.

    Raises:
        RnnvizError: the folder cannot be made.
    """
    return _made("data", platformdirs.user_data_path("rnnviz", appauthor=False))


def log_directory() -> Path:
    """Where it is written what went wrong; made if it is not there.

    Raises:
        RnnvizError: the folder cannot be made.
    """
    return _made("log", platformdirs.user_log_path("rnnviz", appauthor=False))


def _shipped(name: str) -> Path:
    """Inside the package where it was installed, beside it in a checkout."""
    installed = _PACKAGE / "_shipped"
    return (installed if installed.is_dir() else _PACKAGE.parent) / name


def _made(name: str, usual: Path) -> Path:
    home = os.environ.get(HOME_VARIABLE)
    folder = Path(home) / name if home else usual
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RnnvizError(
            f"cannot make the folder {folder}: {error.strerror}; "
            f"set {HOME_VARIABLE} to a folder that can be written to"
        ) from error
    return folder
