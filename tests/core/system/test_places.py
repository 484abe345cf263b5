"""Tests of where things lie."""

from pathlib import Path

import pytest

from rnnviz.core.errors import RnnvizError
from rnnviz.core.system import places


def test_what_ships_is_found_in_a_checkout() -> None:
    assert (places.resources() / "icons" / "rnnviz.svg").is_file()
    assert (places.resources() / "fonts" / "DejaVuSansMono.ttf").is_file()
    assert places.models().is_dir()


def test_what_ships_is_found_where_the_package_was_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site-packages" / "rnnviz"
    installed = package / "_shipped" / "models"
    installed.mkdir(parents=True)
    monkeypatch.setattr(places, "_PACKAGE", package)
    assert places.models() == installed


def test_the_persons_folders_move_together_and_are_made(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert not home.exists()
    found = {places.config_directory(), places.cache_directory(), places.data_directory()}
    assert found == {home / "config", home / "cache", home / "data"}
    assert all(folder.is_dir() for folder in found)


def test_a_folder_that_cannot_be_made_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "a file"
    blocked.write_text("")
    monkeypatch.setenv(places.HOME_VARIABLE, str(blocked))
    with pytest.raises(RnnvizError, match=r"a file.*RNNVIZ_HOME"):
        places.data_directory()
