"""A job is added as `docs/adding.md` says, and asked, with nothing else changed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rnnviz.core.recordings.recording import Recording
from rnnviz.nets.opened import by_request
from rnnviz.session.shared.jobs import Jobs
from rnnviz.work.runner import InlineRunner

PAGE = Path(__file__).parents[2] / "docs" / "adding.md"


def test_a_job_is_a_struct_and_a_function(tiny_recording: Recording, qapp: object) -> None:
    section = PAGE.read_text(encoding="utf-8").split("## A job\n")[1].split("\n## ")[0]
    there: dict[str, Any] = {"__name__": __name__}
    for block in re.findall(r"```python\n(.*?)```", section, re.DOTALL):
        exec(block, there)
    tasks = by_request(there["count_word"])
    assert list(tasks) == [there["CountWord"]]
    jobs, heard = Jobs(InlineRunner(tasks)), list[Any]()
    request = there["CountWord"](folder=str(tiny_recording.folder), word="cold")
    jobs.start(request, title="Counting", done=heard.append)
    assert heard == [there["Counted"](1)]
    assert request.task() == "count_word"
    jobs.close()
