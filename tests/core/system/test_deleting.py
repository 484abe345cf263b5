"""Names are free at once; what was in the folders goes beside, and a process waits for that."""

import os
import subprocess
import sys
import threading

from rnnviz.core.system.deleting import delete, wait
from rnnviz.core.system.left_behind import remove_left_behind


def made(folder):
    folder.mkdir()
    (folder / "values.f16").write_bytes(b"1234")
    return folder


def test_a_name_is_free_at_once_and_nothing_is_left(tmp_path, monkeypatch):
    may_go, rmtree = threading.Event(), __import__("shutil").rmtree
    monkeypatch.setattr(
        "rnnviz.core.system.deleting.shutil.rmtree",
        lambda *a, **k: (may_go.wait(10), rmtree(*a, **k)),
    )
    for _ in range(3):
        delete(made(tmp_path / "walk"))
        assert not (tmp_path / "walk").exists()
    assert len(list(tmp_path.iterdir())) == 3, "all still lie aside"
    assert remove_left_behind(tmp_path) == [], "and are this process's own"
    may_go.set()
    wait()
    assert list(tmp_path.iterdir()) == []


def test_what_is_not_there_needs_no_deleting(tmp_path):
    delete(tmp_path / "nothing")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_open_stays_readable(tmp_path):
    folder = made(tmp_path / "walk")
    with (folder / "values.f16").open("rb") as file:
        delete(folder)
        wait()
        assert os.name != "posix" or file.read() == b"1234"


def test_a_process_that_ends_waits_for_it(tmp_path):
    made(tmp_path / "walk")
    code = (
        "import shutil, time, sys, pathlib\n"
        "from rnnviz.core.system import deleting\n"
        "rmtree = shutil.rmtree\n"
        "def late(*a, **k):\n    time.sleep(0.3)\n    rmtree(*a, **k)\n"
        "shutil.rmtree = late\n"
        "deleting.delete(pathlib.Path(sys.argv[1]))\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "walk")], check=True)
    assert list(tmp_path.iterdir()) == []
