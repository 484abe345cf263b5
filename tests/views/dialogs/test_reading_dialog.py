"""A file between several networks: what was found, what it could be, and what each loses."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from PySide6.QtWidgets import QApplication, QDialogButtonBox
from pytestqt.qtbot import QtBot
from torch import nn
from torch.nn import functional

from rnnviz.nets.answering.table import TASKS
from rnnviz.session.shared.jobs import Jobs
from rnnviz.views.dialogs.reading_dialog import ReadingDialog
from tests.asking import PipedRunner
from tests.nets.classification.small_classifier import saved_classifier

TEXT = "abcdabcd\n" * 60


@pytest.fixture
def jobs(qapp: QApplication) -> Iterator[Jobs]:
    jobs = Jobs(PipedRunner(TASKS))
    yield jobs
    jobs.close()


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that learned the text with tanh inside its head; the file does not say so."""
    torch.manual_seed(1)
    net = nn.ModuleDict({
        "embed": nn.Embedding(5, 4), "rnn": nn.GRU(4, 12), "fc1": nn.Linear(12, 10),
        "fc2": nn.Linear(10, 5),
    })  # fmt: skip
    known = sorted(set(TEXT))
    ids = torch.tensor([known.index(one) for one in TEXT[:200]])[:, None]
    optimiser = torch.optim.Adam(net.parameters(), 0.03)
    for _ in range(60):
        given = net["rnn"](net["embed"](ids))[0]
        out = net["fc2"](torch.tanh(net["fc1"](given)))
        loss = functional.cross_entropy(out[:-1, 0], ids[1:, 0])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    path = tmp_path_factory.mktemp("learned") / "m.pt"
    torch.save({"net": net.state_dict(), "chars": known}, path)
    return path


@pytest.fixture
def path(learned: Path, tmp_path: Path) -> Path:
    """This network's file, with the text beside it."""
    (tmp_path / "t.txt").write_text(TEXT)
    return Path(shutil.copy(learned, tmp_path / "m.pt"))


def test_the_reading_that_the_text_bears_out_is_chosen(
    jobs: Jobs, path: Path, qtbot: QtBot
) -> None:
    dialog = ReadingDialog(jobs, path, "it may be several networks", text=path.parent / "t.txt")
    qtbot.addWidget(dialog)
    dialog.show()
    modules = [dialog.found.topLevelItem(row).text(0) for row in range(4)]  # type: ignore[union-attr]
    assert modules == ["embed", "rnn", "fc1", "fc2"]
    assert "weight_hh_l0 (36, 12)" in dialog.found.topLevelItem(1).text(1)  # type: ignore[union-attr]
    rows = [
        [dialog.table.item(row, column).text() for column in range(2)]  # type: ignore[union-attr]
        for row in range(dialog.table.rowCount())
    ]
    assert ["relu" in rows[0][0], "tanh" in rows[1][0], "linear" in rows[2][0]] == [True] * 3
    losses = [float(row[1]) for row in rows]
    assert min(losses) == losses[1] < 0.3
    assert dialog.reading == 2
    assert "Knowing nothing gives 1.609 nats" in dialog.verdict.text()
    assert dialog.buttons.button(QDialogButtonBox.StandardButton.Open).isEnabled()


def test_another_text_is_said_in_red(jobs: Jobs, path: Path, qtbot: QtBot) -> None:
    dialog = ReadingDialog(jobs, path, "it may be several networks")
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.verdict.property("role") == "muted"
    other = path.parent / "other.txt"
    other.write_text("dacbdcab\n" * 60)
    dialog.ask(other)
    assert "Every reading does worse" in dialog.verdict.text()
    assert dialog.verdict.property("role") == "problem"


def test_readings_that_predict_nothing_are_judged_by_no_text(
    jobs: Jobs, path: Path, qtbot: QtBot
) -> None:
    net = nn.ModuleDict({"gru": nn.GRU(3, 4), "actor": nn.Linear(4, 2), "critic": nn.Linear(4, 1)})
    torch.save(net.state_dict(), path.parent / "policy.pt")
    dialog = ReadingDialog(
        jobs, path.parent / "policy.pt", "it has two outputs", text=path.parent / "t.txt"
    )
    qtbot.addWidget(dialog)
    dialog.show()
    assert "no text can tell which is right" in dialog.verdict.text()
    assert dialog.buttons.button(QDialogButtonBox.StandardButton.Open).isEnabled()


def test_a_file_that_says_what_it_is_offers_no_empty_list(
    jobs: Jobs, tmp_path: Path, qtbot: QtBot
) -> None:
    (tmp_path / "t.txt").write_text(TEXT)
    dialog = ReadingDialog(
        jobs, saved_classifier(tmp_path), "what it holds", text=tmp_path / "t.txt"
    )
    qtbot.addWidget(dialog)
    dialog.show()
    assert dialog.found.topLevelItemCount()
    assert not dialog.table.isVisible() and not dialog.choose.isVisible()
    assert "there is no other way" in dialog.verdict.text()
    assert dialog.verdict.property("role") == "muted"
    assert not dialog.buttons.button(QDialogButtonBox.StandardButton.Open).isEnabled()
