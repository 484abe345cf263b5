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


def usual_folders() -> dict[str, Path]:
    """Where the person's own folders are, made or not: `config`, `cache`, `data` and `log`."""
    home = os.environ.get(HOME_VARIABLE)
    if home:
        return {name: Path(home) / name for name in ("config", "cache", "data", "log")}
    return {
        "config": platformdirs.user_config_path("rnnviz", appauthor=False),
        "cache": platformdirs.user_cache_path("rnnviz", appauthor=False),
        "data": platformdirs.user_data_path("rnnviz", appauthor=False),
        "log": platformdirs.user_log_path("rnnviz", appauthor=False),
    }


def config_directory() -> Path:
    """Where settings are kept; made if it is not there.

    Raises:
        RnnvizError: the folder cannot be made.
    """
    return _made(usual_folders()["config"])


def cache_directory() -> Path:
    """Where recordings are kept: anything here can be computed again; made if it is not there.

    Raises:
        RnnvizError: the folder cannot be made.
    """
    return _made(usual_folders()["cache"])


def data_directory() -> Path:
    """Where the person's own findings and concepts are kept; made if it is not there.

    Raises:
        RnnvizError: the folder cannot be made.
    """
    return _made(usual_folders()["data"])


def log_directory() -> Path:
    """Where it is written what went wrong; made if it is not there.

    Raises:
        RnnvizError: the folder cannot be made.
    """
    return _made(usual_folders()["log"])


def _shipped(name: str) -> Path:
    """Inside the package where it was installed, beside it in a checkout."""
    installed = _PACKAGE / "_shipped"
    return (installed if installed.is_dir() else _PACKAGE.parent) / name


def _made(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RnnvizError(
            f"cannot make the folder {folder}: {error.strerror}; "
            f"set {HOME_VARIABLE} to a folder that can be written to"
        ) from error
    return folder
