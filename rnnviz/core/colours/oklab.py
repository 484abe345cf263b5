"""Colours as a person sees them: sRGB, OKLab, contrast. Knows nothing of palettes or windows.

OKLab is Björn Ottosson's space (https://bottosson.github.io/posts/oklab): equal distances in it
look about equally different. Contrast is the ratio of WCAG 2.1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]

_TO_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_TO_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)
_FROM_CONES, _FROM_LAB = np.linalg.inv(_TO_CONES), np.linalg.inv(_TO_LAB)


def linear(rgb: npt.ArrayLike) -> Floats:
    """Linear light, 0 to 1, of sRGB bytes (..., 3)."""
    scaled = np.asarray(rgb, dtype=np.float64) / 255
    return np.where(scaled <= 0.04045, scaled / 12.92, ((scaled + 0.055) / 1.055) ** 2.4)


def from_linear(light: Floats) -> Bytes:
    """The sRGB bytes (..., 3) of linear light; what lies outside the gamut is clipped."""
    light = np.clip(light, 0, 1)
    scaled = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.round(scaled * 255).astype(np.uint8)


def oklab(rgb: npt.ArrayLike) -> Floats:
    """OKLab (..., 3): lightness 0 to 1, green to red, blue to yellow; of sRGB bytes (..., 3)."""
    return np.asarray(np.cbrt(linear(rgb) @ _TO_CONES.T) @ _TO_LAB.T)


def from_oklab(lab: npt.ArrayLike) -> Bytes:
    """The sRGB bytes (..., 3) of OKLab; chroma gives way until the colour can be shown."""
    lab = np.asarray(lab, dtype=np.float64)
    low, high = np.zeros(lab.shape[:-1]), np.full(lab.shape[:-1], 2.0)
    for _ in range(14):
        middle = (low + high) / 2
        light = _light(lab, middle)
        shown = (middle <= 1) & ((light > -1e-4) & (light < 1 + 1e-4)).all(axis=-1)
        low, high = np.where(shown, middle, low), np.where(shown, high, middle)
    return from_linear(_light(lab, low))


def polar(lightness: float, chroma: float, hue_degrees: float) -> tuple[float, float, float]:
    """OKLab of a lightness, a chroma (0 is grey, 0.2 is vivid) and a hue in degrees."""
    hue = np.deg2rad(hue_degrees)
    return lightness, float(chroma * np.cos(hue)), float(chroma * np.sin(hue))


def contrast(one: npt.ArrayLike, other: npt.ArrayLike) -> Floats:
    """The contrast ratio, 1 to 21, of two sRGB colours or of arrays of them (..., 3)."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    first, second = linear(one) @ weights, linear(other) @ weights
    return np.asarray((np.maximum(first, second) + 0.05) / (np.minimum(first, second) + 0.05))


def _light(lab: Floats, share: Floats) -> Floats:
    """Linear light of OKLab colours whose chroma is cut to a share of itself."""
    cut = lab.copy()
    cut[..., 1:] *= share[..., None]
    cones: Floats = (cut @ _FROM_LAB.T) ** 3
    return np.asarray(cones @ _FROM_CONES.T)
