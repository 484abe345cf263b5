"""What stands for each symbol that a network reads: rows of its embedding, or input weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from rnnviz.core.cells.symbol_vectors import Source, write_vectors
from rnnviz.core.errors import ModelFileError
from rnnviz.core.models.network import FRONT
from rnnviz.nets.opened import OpenedModel, by_request
from rnnviz.nets.sequence.network import SequenceNetwork
from rnnviz.work.jobs.symbols import FindVectors, VectorsFound
from rnnviz.work.messages import Context


@torch.inference_mode()
def vectors_of(model: SequenceNetwork) -> tuple[npt.NDArray[np.float32], Source]:
    """A vector for each symbol, (V, E), and where it is from.

    Of a network without an embedding, what a one-hot vector chooses: a column of the input weights
    of the first layer, all gates and directions below each other.

    Raises:
        ModelFileError: the network reads no symbols, or no layer multiplies them by a matrix.
    """
    size = len(model.network.symbols)
    if not size:
        raise ModelFileError("the model reads numbers, and has no vectors for symbols")
    if model.embedding is not None:
        return model.embedding.weight.float().cpu().numpy(), "embedding"
    if isinstance(model.front, nn.Linear):
        return model.front.weight.t().float().cpu().contiguous().numpy(), "front"
    parts: list[torch.Tensor] = []
    for rows, layer in zip(model.network.rows, model.recurrent, strict=True):
        if rows.layer == 0 and model.network.inputs_of(0) == (FRONT,):
            found = [p for n, p in layer.named_parameters() if p.dim() == 2 and p.shape[1] == size]
            named = [p for n, p in layer.named_parameters() if "weight_ih" in n]
            parts += named or found[:1]
    if not parts:
        raise ModelFileError("no layer of this network multiplies its symbols by a matrix")
    return torch.cat(parts).t().float().cpu().contiguous().numpy(), "input-weights"


def find_vectors(opened: OpenedModel, request: FindVectors, context: Context[None]) -> VectorsFound:
    """Write the vectors and their plane."""
    model: SequenceNetwork = opened.model
    vectors, source = vectors_of(model)
    write_vectors(Path(request.path), vectors)
    return VectorsFound(request.path, model.network.symbols, source)


MODEL_JOBS = by_request(find_vectors)
"""Asked of a network that reads symbols."""
