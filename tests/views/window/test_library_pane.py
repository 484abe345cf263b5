"""The list of what can be opened without a dialog."""

from pathlib import Path

from rnnviz.core.kinds import kind_named
from rnnviz.core.models.model_file import ModelDescription
from rnnviz.session.shared.library import ShippedModel
from rnnviz.views.window.library_pane import LibraryPane

WRITES = ModelDescription(
    architecture="lstm", layers=2, units=8, vocabulary=("a", "b"), name="Writes"
)


def test_what_a_model_is_stands_in_its_tip_and_a_damaged_one_goes(session, qtbot, tmp_path):
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(b"\x05")
    kind = kind_named("language-model")
    session.library.models = (
        ShippedModel(Path("writes.safetensors"), kind, WRITES),
        ShippedModel(damaged, kind, name="Damaged"),
    )
    pane = LibraryPane(session)
    qtbot.addWidget(pane)
    first, second = pane.models.child(0), pane.models.child(1)
    assert first.text(0) == "Writes"
    qtbot.waitUntil(second.isHidden)
    assert first.toolTip(0) == "Writes\nLSTM, 2 × 8 units"
    assert not first.isHidden()
