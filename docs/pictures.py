"""Makes the pictures of the documentation from the real window; `make pictures`.

`python docs/pictures.py sequences` makes those of classifiers, taggers, words, numbers and captured
modules alone, `python docs/pictures.py rooms` those of the rooms beside Cells.

Opens the shipped model on its text and ranks; compares networks by their gradients; translates
a sentence; trains a small network. Grabs the window in each workspace, light and dark.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication, QDockWidget, QWidget

from rnnviz.app import build
from rnnviz.core.system import places
from rnnviz.views.shared.panel import Panel
from rnnviz.views.training.new_run_dialog import NewRunDialog
from rnnviz.views.training.panels.curves import HELD_OUT, LOSS, NORM, RATE
from rnnviz.views.training.workspace import TrainingWorkspace
from rnnviz.views.window.window import Window
from rnnviz.work.runner import EngineRunner

FOLDER = Path(__file__).parent / "pictures"
SIZE = (1440, 900)
_LONGEST_MS = 180_000
_CAPTURED = """
import sys, torch, rnnviz
from torch import nn

class Mine(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(64, 16)
        self.lstm = nn.LSTM(16, 24, 2, bidirectional=True, batch_first=True)
        self.head = nn.Linear(48, 2)

    def forward(self, ids):
        return self.head(self.lstm(self.embedding(ids))[0].mean(1))

torch.manual_seed(1)
texts = [line.split() for line in (
    "the ship was late and the captain knew it",
    "a letter came at noon from the old king",
    "nobody in the town had seen the sea before",
)]
words = sorted({word for text in texts for word in text})
ids = torch.tensor([[words.index(word) for word in text] for text in texts])
model = Mine()
optimiser = torch.optim.Adam(model.parameters(), 0.02)
for _ in range(60):
    loss = nn.functional.cross_entropy(model(ids), torch.tensor([0, 1, 1]))
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
model.eval()
with torch.no_grad():
    with rnnviz.capture(model, sys.argv[1], steps=texts, classes=("plain", "news")):
        model(ids)
"""


def wait_until(ready: Callable[[], bool], settle_ms: int = 400) -> None:
    """Let the window work until this holds, and a moment longer."""
    loop, timer = QEventLoop(), QTimer()

    def look() -> None:
        if ready():
            timer.stop()
            QTimer.singleShot(settle_ms, loop.quit)

    timer.timeout.connect(look)
    timer.start(30)
    QTimer.singleShot(_LONGEST_MS, loop.quit)
    loop.exec()


def prepare(window: Window) -> None:
    """Open what ships, rank its quote cells, pin one more unit, point at a character."""
    session = window.session
    open_first(window)
    rankings = session.rankings
    concept = session.selection.concept or "inside-quotes"
    session.selection.set_concept(concept)
    rankings.request_ranking(concept)
    wait_until(lambda: rankings.ranking(concept) is not None)
    rankings.request_probe(concept)
    wait_until(lambda: rankings.probe(concept) is not None)
    wait_until(lambda: not session.jobs.running)


def open_first(window: Window) -> None:
    """The first story's model on its text, walked to the end."""
    recordings = window.session.recordings
    window.session.open_first()

    def walked() -> bool:
        found = recordings.recording
        return recordings.model is not None and found is not None and found.complete

    wait_until(walked)


def prepare_gradients(window: Window) -> None:
    """Set RNN, GRU and LSTM beside each other."""
    window.enter("gradients")
    window.session.gradients.set_networks(window.session.gradients.kinds())
    wait_until(lambda: not window.session.jobs.running, settle_ms=2000)


def prepare_alignments(window: Window) -> None:
    """Translate a sentence with the first translator that ships."""
    translators = [one.path for one in window.session.library.of("translator")]
    window.open_path(next(path for path in translators if path.stem == "french-english"))
    wait_until(lambda: not window.session.jobs.running)
    window.session.alignments.translate("Elle a acheté une petite maison au bord de la mer.")
    wait_until(lambda: not window.session.jobs.running)


def prepare_step(window: Window) -> None:
    """The decoder at the sixth word of that sentence."""
    window.session.alignments.set_step(6)


def prepare_unroll(window: Window) -> None:
    """The way back through "hello", half done."""
    window.enter("unroll")
    unroll = window.session.unroll
    wait_until(lambda: unroll.trace is not None)
    unroll.set_index(8)


SWEEP = {
    "gru, 96 units": "--architecture gru --units 96",
    "gru, 48 units": "--architecture gru --units 48",
    "lstm, 96 units": "--architecture lstm --units 96",
    "lstm, fast": "--architecture lstm --units 96 --learning-rate 0.012",
    "rnn, 96 units": "--architecture rnn --units 96",
}
"""Small networks that are compared, and how each is trained."""


def prepare_training(window: Window, folder: Path) -> None:
    """Train some small networks on a sample text, and open their runs in several charts."""
    text = places.resources() / "texts" / "pride-and-prejudice.txt"
    common = "--layers 1 --embedding 32 --batch 8 --sequence-length 64 --steps 700"
    common += " --validation-every 100 --checkpoint-every 100"
    for name, options in SWEEP.items():
        command = [sys.executable, "-m", "rnnviz", "train", str(text)]
        command += ["--name", name, "--run", str(folder / name.replace(", ", "-"))]
        subprocess.run([*command, *common.split(), *options.split()], check=True)
    window.open_path(folder)
    session = window.session
    wait_until(lambda: len(session.runs.opened) == len(SWEEP), settle_ms=2000)
    session.runs.set_current(session.runs.find(folder / "gru-96 units"))
    training = window.workspace(TrainingWorkspace)
    window.enter("training")
    assert training.runs_centre is not None
    training.runs_centre.curves.set_charts([LOSS, HELD_OUT, NORM, RATE])
    training.runs_centre.table.runs_model.sort_by("best", descending=False)

    def drawn() -> bool:
        panels = [panel for panel in training.panels if panel.seen]
        return bool(panels) and all(panel.built for panel in panels)

    wait_until(lambda: drawn() and not session.jobs.running, settle_ms=3000)


def prepare_sequences(window: Window, home: Path) -> None:
    """The flip-flop, a tagger of made-up sentences, a model of words: one picture each."""
    flip_flop = places.models() / "flip-flop.safetensors"
    tags = home / "tags.tsv"
    tags.write_text(made_up_tags())
    common = "--units 32 --embedding 32 --layers 1 --warmup-steps 20 --batch 8"
    tagger = home / "tagging" / "checkpoints" / "latest.safetensors"
    command = [sys.executable, "-m", "rnnviz", "train", str(tags), "--run", str(home / "tagging")]
    options = f"--task tagging {common} --steps 300 --learning-rate 0.01"
    subprocess.run([*command, *options.split()], check=True)
    texts = places.resources() / "texts"
    shown = (
        ("numbers", flip_flop, texts / "flip-flop.csv"),
        ("taggers", tagger, tags),
        (
            "words",
            places.models() / "war-and-peace-words.safetensors",
            texts / "war-and-peace-end.txt",
        ),
    )
    for name, model, data in shown:
        window.open_path(model)
        wait_until(partial(_opened, window, str(model)))
        window.open_path(data)
        wait_until(partial(_walked, window, str(model), data))
        grab(window, name)


def prepare_classifier(window: Window) -> None:
    """The classifier of films on its sentences, at one that it gets wrong."""
    model = places.models() / "films.safetensors"
    data = places.resources() / "texts" / "sentences-about-films.tsv"
    window.open_path(model)
    wait_until(partial(_opened, window, str(model)))
    window.open_path(data)
    wait_until(partial(_walked, window, str(model), data))
    session = window.session
    session.selection.set_colouring("verdict")
    session.selection.set_cursor(40)


def prepare_captured(window: Window, home: Path) -> None:
    """A module of three sentences, captured in a process of its own."""
    folder = home / "mine.recording"
    subprocess.run([sys.executable, "-c", _CAPTURED, str(folder)], check=True)
    window.open_path(folder)
    wait_until(lambda: not window.session.jobs.running, settle_ms=1500)
    window.session.selection.set_colouring("unit")


def raise_panel(window: Window, title: str) -> None:
    """Bring a panel to the front."""
    for dock in window.findChildren(QDockWidget):
        if dock.windowTitle() == title:
            dock.show()
            dock.raise_()
    wait_until(lambda: not window.session.jobs.running, settle_ms=1500)


def _opened(window: Window, model: str) -> bool:
    """Whether this model is open."""
    found = window.session.recordings.model
    return found is not None and found.path == model


def _drawn(window: Window) -> bool:
    """Whether every panel that is seen shows what there is, and nothing more is computed."""
    panels = [panel for panel in window.workspace_tabs.current.findChildren(Panel) if panel.seen]
    drawn = all(panel.idle and not panel.stale for panel in panels)
    return drawn and not window.session.jobs.running


def _walked(window: Window, model: str, data: Path) -> bool:
    """Whether this file was walked through this model."""
    found = window.session.recordings.recording
    if found is None or not found.complete:
        return False
    return found.description.model_path == model and found.sequence.path == data


def made_up_tags() -> str:
    """Sentences in which `old` is an adjective or a noun, as what stands around it says."""
    draw = random.Random(1)
    nouns, verbs = ["dog", "man", "ship", "letter"], ["sees", "hears", "likes"]
    sentences = []
    for _ in range(400):
        words = [("The", "DET")]
        if draw.random() < 0.5:
            words.append((draw.choice(["old", "red"]), "ADJ"))
        words += [(draw.choice([*nouns, "old"]), "NOUN"), (draw.choice(verbs), "VERB")]
        words += [("the", "DET"), (draw.choice(nouns), "NOUN"), (".", ".")]
        sentences.append("\n".join("\t".join(word) for word in words))
    return "\n\n".join(sentences)


def grab_form(window: Window) -> None:
    """Save the form of a new run, asked for a translator, in both themes."""
    window.questions.ask_new_run()
    form = window.findChild(NewRunDialog)
    assert form is not None
    form.choose_task("translation")
    form.choose_preset("reversed-words")
    grab(window, "new-run", form)
    form.reject()


def grab(window: Window, name: str, shown: QWidget | None = None) -> None:
    """Save the window, or something of it, in both themes."""
    for setting in ("light", "dark"):
        window.appearance.set_setting(setting)
        wait_until(partial(_drawn, window))
        path = FOLDER / f"{name}-{setting}.png"
        (shown or window).grab().save(str(path))
        print(path)


def grab_sequences(window: Window, home: Path) -> None:
    """What Cells shows of networks that read something else than the letters of a text."""
    window.session.stories.end()
    prepare_sequences(window, home)
    prepare_classifier(window)
    raise_panel(window, "Verdict")
    grab(window, "classifier")
    window.session.symbols.want()
    raise_panel(window, "Embedding")
    window.session.symbols.find("awful")
    wait_until(lambda: not window.session.jobs.running, settle_ms=1500)
    grab(window, "embedding")
    raise_panel(window, "Ranking")
    prepare_captured(window, home)
    grab(window, "captured")


def grab_rooms(window: Window, home: Path) -> None:
    """The rooms beside Cells, while no story is told."""
    open_first(window)
    window.session.stories.end()
    prepare_gradients(window)
    grab(window, "gradients")
    prepare_unroll(window)
    grab(window, "unroll")
    prepare_alignments(window)
    grab(window, "alignments")
    prepare_step(window)
    grab(window, "alignments-step")
    prepare_training(window, home / "sweep")
    grab(window, "training")
    grab_form(window)


def main() -> None:
    """Grab the window in every workspace."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ["RNNVIZ_HOME"] = home
        app = QApplication(["rnnviz"])
        window = build(app, EngineRunner())
        window.resize(*SIZE)
        window.show()
        wanted = sys.argv[1:]
        if not wanted:
            prepare(window)
            grab(window, "window")
        if "rooms" not in wanted:
            grab_sequences(window, Path(home))
        if "sequences" not in wanted:
            grab_rooms(window, Path(home))
        window.close()


if __name__ == "__main__":
    sys.exit(main())
