"""The status line tells of progress without painting the window in the midst of it."""

from PySide6.QtWidgets import QMainWindow, QWidget

from rnnviz.session.shared.jobs import Jobs
from rnnviz.views.window.status import Status
from rnnviz.work.jobs.given import ModelGiven
from rnnviz.work.jobs.models import OpenModel
from rnnviz.work.messages import Progress


class Heard:
    """Keeps the listeners of jobs, to answer later."""

    def __init__(self):
        self.jobs, self.listeners = [], []

    def start(self, job, listener):
        self.jobs.append(job)
        self.listeners.append(listener)

    def cancel(self, number):
        pass

    def close(self):
        pass


class Counted(QWidget):
    """How often it was painted."""

    painted = 0

    def paintEvent(self, event):
        self.painted += 1


def test_progress_paints_nothing_at_once(qtbot):
    runner = Heard()
    jobs = Jobs(runner)
    window, text, status = QMainWindow(), Counted(), Status(jobs)
    qtbot.addWidget(window)
    window.setCentralWidget(text)
    window.setStatusBar(status)
    window.show()
    jobs.start(OpenModel(model=ModelGiven("a")), title="Opening")
    qtbot.waitUntil(status.bar.isVisible)
    qtbot.waitUntil(lambda: text.painted > 0)
    for share in range(1, 9):
        text.update()
        before = text.painted
        runner.listeners[0](Progress(runner.jobs[0].number, share, 9.0))
        assert text.painted == before, "the answer is not told to all yet"
        assert status.bar.value() == round(share / 9 * 1000)
    qtbot.waitUntil(lambda: text.painted == before + 1)
    jobs.close()
