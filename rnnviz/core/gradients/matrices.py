"""What the recurrent matrix of a layer says about gradients: its values, and the bound."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import numpy.typing as npt

from rnnviz.core.errors import GradientError
from rnnviz.core.gradients.decay import Doubles

GAMMA_TANH, GAMMA_SIGMOID = 1.0, 0.25
"""The largest slope of each nonlinearity."""


class MatrixFacts(msgspec.Struct, frozen=True):
    """The recurrent matrix of one layer and gate, (U, U)."""

    layer: int
    gate: str
    """`hidden` of a vanilla RNN; else the gate whose rows these are."""
    eigenvalues: tuple[tuple[float, float], ...]
    """Real and imaginary part, largest modulus first."""
    singular_values: tuple[float, ...]
    """Largest first."""

    @property
    def spectral_radius(self) -> float:
        """The largest modulus of an eigenvalue."""
        return math.hypot(*self.eigenvalues[0])

    @property
    def largest_singular_value(self) -> float:
        """The most by which the matrix stretches any vector."""
        return self.singular_values[0]


def matrix_facts(
    weight: npt.NDArray[np.floating], layer: int = 0, gate: str = "hidden"
) -> MatrixFacts:
    """Eigenvalues and singular values of a square matrix.

    >>> found = matrix_facts(np.array([[0.5, 0.0], [0.0, -2.0]]))
    >>> found.spectral_radius, found.largest_singular_value
    (2.0, 2.0)

    Raises:
        GradientError: NaN or infinity among its numbers.
    """
    matrix = np.asarray(weight, np.float64)
    if not np.isfinite(matrix).all():
        raise GradientError(
            f"the recurrent weights of layer {layer + 1} hold NaN or infinity; open an earlier "
            "checkpoint"
        )
    values = np.linalg.eigvals(matrix)
    ordered = values[np.argsort(-np.abs(values), kind="stable")]
    return MatrixFacts(
        layer,
        gate,
        tuple((float(value.real), float(value.imag)) for value in ordered),
        tuple(np.linalg.svd(matrix, compute_uv=False).tolist()),
    )


def bound(largest_singular_value: float, distance: int, gamma: float = GAMMA_TANH) -> Doubles:
    """The most that |dh_t/dh_{t-k}| can be for k from 0 to `distance`: (gamma sigma)^k.

    Pascanu et al. 2013, section 2.1; for h_t = f(W_hh h_{t-1} + ...), where gamma is the largest
    slope of f. It holds for a vanilla RNN, not for gates.
    """
    with np.errstate(over="ignore", under="ignore"):
        return np.asarray((gamma * largest_singular_value) ** np.arange(distance + 1, dtype=float))


def verdict(largest_singular_value: float, radius: float, gamma: float = GAMMA_TANH) -> str:
    """What the bound says about a vanilla RNN, in words."""
    limit = 1 / gamma
    sigma = f"the largest singular value of W_hh is {largest_singular_value:.3g}"
    if largest_singular_value < limit:
        return f"{sigma}, below 1/γ = {limit:g}: gradients must vanish, whatever the text."
    if radius < limit:
        return (
            f"{sigma}, not below 1/γ = {limit:g}, so the bound does not force gradients to vanish; "
            f"the spectral radius is {radius:.4g}, too small for them to explode for long."
        )
    return (
        f"{sigma} and the spectral radius {radius:.4g}, both above 1/γ = {limit:g}: gradients can "
        "explode, wherever tanh is not saturated; where it is, they vanish all the same."
    )
