"""Figures as a moving picture: every frame is the figure, and the last one stays longer."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from rnnviz.core.errors import RnnvizError
from rnnviz.core.export.figure import Box, Figure
from rnnviz.views.text.painting.moving_picture import write_moving

COLOURS = ("#3452c7", "#b84a00", "#0a7a3d")


def figures():
    return [
        Figure(80.0, 40.0, "#ffffff", boxes=[Box(20.0 * place, 8.0, 20.0, 24.0, colour)])
        for place, colour in enumerate(COLOURS)
    ]


@pytest.mark.parametrize("ending", ["gif", "webp", "apng"])
def test_every_frame_is_its_figure(tmp_path, qapp, ending):
    path = tmp_path / f"moves.{ending}"
    write_moving(path, figures(), 500)
    with Image.open(path) as found:
        assert getattr(found, "n_frames", 1) == 3
        durations = []
        for place, colour in enumerate(COLOURS):
            found.seek(place)
            pixels = np.asarray(found.convert("RGB"), int)
            durations.append(found.info["duration"])
            assert pixels.shape == (40, 80, 3)
            wanted = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
            assert np.abs(pixels[20, 20 * place + 10] - wanted).max() <= 4
            assert pixels[20, (20 * place + 50) % 80].tolist() == [255, 255, 255]
    assert durations[0] == 500
    assert durations[-1] > 500
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_an_unknown_ending_is_refused_and_nothing_is_written(tmp_path, qapp):
    with pytest.raises(RnnvizError, match=r"take \.gif, \.webp, \.apng"):
        write_moving(tmp_path / "moves.mp4", figures())
    with pytest.raises(RnnvizError, match="cannot write"):
        write_moving(tmp_path / "gone" / "moves.gif", figures())
    assert not list(tmp_path.iterdir())
