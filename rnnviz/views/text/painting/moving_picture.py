"""Figures one after the other as a moving picture: GIF, WebP or APNG.

Painting is Qt's and has to be done by the window's thread, a figure at a time; putting the frames
together is Pillow's and may be done anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from rnnviz.core.errors import RnnvizError
from rnnviz.core.export.figure import Figure
from rnnviz.core.files.writing import save_file
from rnnviz.views.text.painting.text_figure import application, figure_image

MOVING = {".gif": "GIF", ".webp": "WEBP", ".apng": "PNG"}
"""The format by the ending of the file."""
FRAME_MS = 1000
_LAST_MS = 3000
"""The last one stays longer, before it begins again."""
_COLOURS = 255
"""Of a GIF; one more is kept for what does not change between two frames."""


def frame_of(figure: Figure) -> Any:
    """A figure as an image of Pillow, a pixel to each of its units."""
    from PIL import Image
    from PySide6.QtGui import QImage

    painted = figure_image(figure, 1.0).convertToFormat(QImage.Format.Format_RGB888)
    size = painted.width(), painted.height()
    return Image.frombytes("RGB", size, bytes(painted.constBits()), "raw", "RGB",
                           painted.bytesPerLine())  # fmt: skip


def write_frames(path: Path, frames: Sequence[Any], frame_ms: int = FRAME_MS) -> None:
    """Write images that go round and round; the last one stays longer.

    Raises:
        RnnvizError: the ending is none of `MOVING`, or the file cannot be written.
    """
    kind = MOVING.get(path.suffix.lower())
    if kind is None:
        raise RnnvizError(f"{path.name} has no known ending; take {', '.join(MOVING)}")
    options: dict[str, object] = {
        "save_all": True,
        "duration": [*[frame_ms] * (len(frames) - 1), _LAST_MS],
        "loop": 0,
    }
    if kind == "GIF":
        # One set of colours for all frames, so that nothing flickers; text has no speckles.
        from PIL import Image

        common = _common_colours(frames)
        dither = Image.Dither.NONE
        frames = [one.quantize(palette=common, dither=dither) for one in frames]
        options["optimize"] = False
    if kind == "WEBP":
        options |= {"lossless": True, "quality": 60, "method": 3}
    written = BytesIO()
    frames[0].save(written, kind, append_images=list(frames[1:]), **options)
    save_file(path, written.getvalue())


def write_moving(path: Path, figures: Sequence[Figure], frame_ms: int = FRAME_MS) -> None:
    """Paint figures and write them as a moving picture; outside of the window, too.

    Raises:
        RnnvizError: as for `write_frames`.
    """
    if path.suffix.lower() not in MOVING:
        raise RnnvizError(f"{path.name} has no known ending; take {', '.join(MOVING)}")
    application()
    write_frames(path, [frame_of(figure) for figure in figures], frame_ms)


def _common_colours(frames: Sequence[Any]) -> Any:
    """An image with the colours that suit all frames."""
    from PIL import Image

    wide, high = frames[0].size
    some = frames[:: max(1, len(frames) // 8)]
    sheet = Image.new("RGB", (wide, high * len(some)))
    for number, one in enumerate(some):
        sheet.paste(one, (0, number * high))
    return sheet.quantize(_COLOURS, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
