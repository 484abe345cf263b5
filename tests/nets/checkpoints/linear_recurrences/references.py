"""RWKV and Mamba in numpy, in float64, a loop over steps: written from the papers' equations.

Each reference takes the tensors under the names that files have, and gives logits (T, V). They are
the oracles of the tests beside them; `drawn_*` makes weights of small networks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]
SIZE, WIDTH, BLOCKS, HEADS, WIDE = 7, 8, 2, 2, 12
_RANKS = {"w": 3, "a": 2, "v": 4, "g": 5}


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def silu(x: Array) -> Array:
    return x * sigmoid(x)


def norm(x: Array, weights: Arrays, name: str, eps: float = 1e-5) -> Array:
    return (x - x.mean()) / np.sqrt(x.var() + eps) * weights[f"{name}.weight"] + weights[
        f"{name}.bias"
    ]


def by_heads(read: Array, weights: Arrays, name: str, eps: float) -> Array:
    """Each head normalised by itself; `read` is (H, N)."""
    normed = (read - read.mean(1, keepdims=True)) / np.sqrt(read.var(1, keepdims=True) + eps)
    return normed.ravel() * weights[f"{name}.ln_x.weight"] + weights[f"{name}.ln_x.bias"]


def _stream(weights: Arrays, token: int) -> Array:
    found = weights["emb.weight"][token]
    return norm(found, weights, "blocks.0.ln0") if "blocks.0.ln0.weight" in weights else found


def _logits(weights: Arrays, x: Array) -> Array:
    return weights["head.weight"] @ norm(x, weights, "ln_out")


def _gated_channel_mix(weights: Arrays, name: str, x: Array, last: Array) -> Array:
    """Peng et al. (2023), equations 19 to 22."""
    k = x * weights[f"{name}.time_mix_k"] + last * (1 - weights[f"{name}.time_mix_k"])
    r = x * weights[f"{name}.time_mix_r"] + last * (1 - weights[f"{name}.time_mix_r"])
    squared = np.maximum(weights[f"{name}.key.weight"] @ k, 0) ** 2
    return sigmoid(weights[f"{name}.receptance.weight"] @ r) * (
        weights[f"{name}.value.weight"] @ squared
    )


def rwkv4(weights: Arrays, tokens: list[int]) -> Array:
    """Peng et al. (2023): the weighted mean of all values, summed over all steps anew."""
    keys: list[list[Array]] = [[] for _ in range(BLOCKS)]
    values: list[list[Array]] = [[] for _ in range(BLOCKS)]
    last = np.zeros((BLOCKS, 2, WIDTH))
    found = []
    for t, token in enumerate(tokens):
        x = _stream(weights, token)
        for b in range(BLOCKS):
            at = f"blocks.{b}.att"
            y = norm(x, weights, f"blocks.{b}.ln1")
            mixed = {
                name: y * weights[f"{at}.time_mix_{name}"]
                + last[b, 0] * (1 - weights[f"{at}.time_mix_{name}"])
                for name in "kvr"
            }
            last[b, 0] = y
            keys[b].append(weights[f"{at}.key.weight"] @ mixed["k"])
            values[b].append(weights[f"{at}.value.weight"] @ mixed["v"])
            decay = np.exp(weights[f"{at}.time_decay"])
            upper = lower = 0.0
            for s in range(t + 1):
                age = -(t - 1 - s) * decay if s < t else weights[f"{at}.time_first"]
                weight = np.exp(age + keys[b][s])
                upper, lower = upper + weight * values[b][s], lower + weight
            gate = sigmoid(weights[f"{at}.receptance.weight"] @ mixed["r"])
            x = x + weights[f"{at}.output.weight"] @ (gate * upper / lower)
            y = norm(x, weights, f"blocks.{b}.ln2")
            x = x + _gated_channel_mix(weights, f"blocks.{b}.ffn", y, last[b, 1])
            last[b, 1] = y
        found.append(_logits(weights, x))
    return np.array(found)


def rwkv5(weights: Arrays, tokens: list[int], eps: float = 64e-5) -> Array:
    """Peng et al. (2024), section 4.1: a matrix a head, one row a key."""
    n = WIDTH // HEADS
    matrices = np.zeros((BLOCKS, HEADS, n, n))
    last = np.zeros((BLOCKS, 2, WIDTH))
    found = []
    for token in tokens:
        x = _stream(weights, token)
        for b in range(BLOCKS):
            at = f"blocks.{b}.att"
            y = norm(x, weights, f"blocks.{b}.ln1")
            mixed = {
                name: y * weights[f"{at}.time_mix_{name}"]
                + last[b, 0] * (1 - weights[f"{at}.time_mix_{name}"])
                for name in "kvrg"
            }
            last[b, 0] = y
            r = (weights[f"{at}.receptance.weight"] @ mixed["r"]).reshape(HEADS, n)
            k = (weights[f"{at}.key.weight"] @ mixed["k"]).reshape(HEADS, n)
            v = (weights[f"{at}.value.weight"] @ mixed["v"]).reshape(HEADS, n)
            g = silu(weights[f"{at}.gate.weight"] @ mixed["g"])
            bonus, w = weights[f"{at}.time_faaaa"], np.exp(-np.exp(weights[f"{at}.time_decay"]))
            read = np.zeros((HEADS, n))
            for h in range(HEADS):
                written = np.outer(k[h], v[h])
                read[h] = r[h] @ (matrices[b, h] + bonus[h][:, None] * written)
                matrices[b, h] = w[h][:, None] * matrices[b, h] + written
            x = x + weights[f"{at}.output.weight"] @ (by_heads(read, weights, at, eps) * g)
            y = norm(x, weights, f"blocks.{b}.ln2")
            x = x + _gated_channel_mix(weights, f"blocks.{b}.ffn", y, last[b, 1])
            last[b, 1] = y
        found.append(_logits(weights, x))
    return np.array(found)


def rwkv7(weights: Arrays, tokens: list[int]) -> Array:
    """Peng et al. (2025), section 4: the state is corrected by what it says of a key."""
    n = WIDTH // HEADS
    matrices = np.zeros((BLOCKS, HEADS, n, n))
    last = np.zeros((BLOCKS, 2, WIDTH))
    found = []
    for token in tokens:
        x = _stream(weights, token)
        first = np.zeros(WIDTH)
        for b in range(BLOCKS):
            at = f"blocks.{b}.att"
            y = norm(x, weights, f"blocks.{b}.ln1")
            m = {one: y + (last[b, 0] - y) * weights[f"{at}.x_{one}"].ravel() for one in "rwkvag"}
            last[b, 0] = y
            r, k, v = (
                weights[f"{at}.{name}.weight"] @ m[name[0]]
                for name in ("receptance", "key", "value")
            )
            thin = {one: m[one] @ weights[f"{at}.{one}1"] for one in "wag"}
            w = sigmoid(weights[f"{at}.w0"].ravel() + np.tanh(thin["w"]) @ weights[f"{at}.w2"])
            w = np.exp(-np.exp(-0.5) * w)
            a = sigmoid(weights[f"{at}.a0"].ravel() + thin["a"] @ weights[f"{at}.a2"])
            g = sigmoid(thin["g"]) @ weights[f"{at}.g2"]
            if b == 0:
                first = v
            else:
                share = m["v"] @ weights[f"{at}.v1"] @ weights[f"{at}.v2"]
                v = v + (first - v) * sigmoid(weights[f"{at}.v0"].ravel() + share)
            taken = (k * weights[f"{at}.k_k"].ravel()).reshape(HEADS, n)
            taken = taken / np.linalg.norm(taken, axis=1, keepdims=True)
            k = k * (1 + (a - 1) * weights[f"{at}.k_a"].ravel())
            r, w, k, v, a = (one.reshape(HEADS, n) for one in (r, w, k, v, a))
            read, own = np.zeros((HEADS, n)), np.zeros((HEADS, n))
            for h in range(HEADS):
                change = np.diag(w[h]) - np.outer(taken[h], taken[h] * a[h])
                matrices[b, h] = matrices[b, h] @ change + np.outer(v[h], k[h])
                read[h] = matrices[b, h] @ r[h]
                own[h] = (r[h] * k[h] * weights[f"{at}.r_k"][h]).sum() * v[h]
            inside = (by_heads(read, weights, at, 64e-5) + own.ravel()) * g
            x = x + weights[f"{at}.output.weight"] @ inside
            y = norm(x, weights, f"blocks.{b}.ln2")
            k = y + (last[b, 1] - y) * weights[f"blocks.{b}.ffn.x_k"].ravel()
            last[b, 1] = y
            squared = np.maximum(weights[f"blocks.{b}.ffn.key.weight"] @ k, 0) ** 2
            x = x + weights[f"blocks.{b}.ffn.value.weight"] @ squared
        found.append(_logits(weights, x))
    return np.array(found)


INNER, STATES, KERNEL, RANK = 10, 3, 4, 2


def mamba(weights: Arrays, tokens: list[int]) -> Array:
    """Gu and Dao (2023), algorithm 2 and figure 3, as `backbone.layers.0.mixer.in_proj.weight`."""

    def rms(x: Array, name: str) -> Array:
        return x / np.sqrt((x**2).mean() + 1e-5) * weights[name]

    held = np.zeros((BLOCKS, INNER, STATES))
    seen: list[list[Array]] = [[np.zeros(INNER)] * (KERNEL - 1) for _ in range(BLOCKS)]
    found = []
    for token in tokens:
        x = weights["backbone.embedding.weight"][token]
        for b in range(BLOCKS):
            at = f"backbone.layers.{b}.mixer"
            both = weights[f"{at}.in_proj.weight"] @ rms(x, f"backbone.layers.{b}.norm.weight")
            u, z = both[:INNER], both[INNER:]
            seen[b].append(u)
            window = np.array(seen[b][-KERNEL:]).T  # (U, kernel), the newest last
            u = (window * weights[f"{at}.conv1d.weight"][:, 0]).sum(1)
            u = silu(u + weights[f"{at}.conv1d.bias"])
            selected = weights[f"{at}.x_proj.weight"] @ u
            rank, into, out_of = np.split(selected, [RANK, RANK + STATES])
            delta = weights[f"{at}.dt_proj.weight"] @ rank + weights[f"{at}.dt_proj.bias"]
            delta = np.log1p(np.exp(delta))
            fading = np.exp(delta[:, None] * -np.exp(weights[f"{at}.A_log"]))
            held[b] = fading * held[b] + (delta * u)[:, None] * into
            read = held[b] @ out_of + weights[f"{at}.D"] * u
            x = x + weights[f"{at}.out_proj.weight"] @ (read * silu(z))
        head = weights.get("lm_head.weight", weights["backbone.embedding.weight"])
        found.append(head @ rms(x, "backbone.norm_f.weight"))
    return np.array(found)


# Small networks


def _drawn(shapes: Mapping[str, tuple[int, ...]], seed: int = 0) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    return {
        name: (rng.normal(size=shape) * 0.5 + name.endswith("norm.weight")).astype(np.float32)
        for name, shape in shapes.items()
    }


def _around(version: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {"emb.weight": (SIZE, WIDTH)}
    for b in range(BLOCKS):
        for name in ("ln1", "ln2", *(["ln0"] if b == 0 else [])):
            shapes |= {f"blocks.{b}.{name}.{part}": (WIDTH,) for part in ("weight", "bias")}
        at, ffn = f"blocks.{b}.att", f"blocks.{b}.ffn"
        if version > 4:
            shapes |= {f"{at}.ln_x.{part}": (WIDTH,) for part in ("weight", "bias")}
        for name in ("key", "value", "receptance", "output", *(["gate"] if version == 5 else [])):
            shapes[f"{at}.{name}.weight"] = (WIDTH, WIDTH)
        shapes[f"{ffn}.key.weight"] = (WIDE, WIDTH)
        shapes[f"{ffn}.value.weight"] = (WIDTH, WIDE)
        if version < 7:
            shapes[f"{ffn}.receptance.weight"] = (WIDTH, WIDTH)
            for place, names in ((at, "kvrg" if version == 5 else "kvr"), (ffn, "kr")):
                shapes |= {f"{place}.time_mix_{name}": (1, 1, WIDTH) for name in names}
    shapes |= {f"ln_out.{part}": (WIDTH,) for part in ("weight", "bias")}
    return shapes | {"head.weight": (SIZE, WIDTH)}


def drawn_rwkv4() -> dict[str, Array]:
    shapes = _around(4)
    for b in range(BLOCKS):
        shapes |= {f"blocks.{b}.att.{name}": (WIDTH,) for name in ("time_decay", "time_first")}
    return _drawn(shapes)


def drawn_rwkv5() -> dict[str, Array]:
    shapes = _around(5)
    for b in range(BLOCKS):
        for name in ("time_decay", "time_faaaa"):
            shapes[f"blocks.{b}.att.{name}"] = (HEADS, WIDTH // HEADS)
    return _drawn(shapes)


def drawn_rwkv7(values_of_the_first: bool = False) -> dict[str, Array]:
    shapes = _around(7)
    for b in range(BLOCKS):
        at = f"blocks.{b}.att"
        shapes |= {f"{at}.x_{one}": (1, 1, WIDTH) for one in "rwkvag"}
        for one, rank in _RANKS.items():
            if one == "v" and b == 0 and not values_of_the_first:
                continue
            shapes |= {f"{at}.{one}1": (WIDTH, rank), f"{at}.{one}2": (rank, WIDTH)}
            if one != "g":
                shapes[f"{at}.{one}0"] = (1, 1, WIDTH)
        shapes |= {f"{at}.{name}": (1, 1, WIDTH) for name in ("k_k", "k_a")}
        shapes[f"{at}.r_k"] = (HEADS, WIDTH // HEADS)
        shapes[f"blocks.{b}.ffn.x_k"] = (1, 1, WIDTH)
    return _drawn(shapes)


def drawn_mamba(tied: bool = False) -> dict[str, Array]:
    shapes: dict[str, tuple[int, ...]] = {"backbone.embedding.weight": (SIZE, WIDTH)}
    for b in range(BLOCKS):
        at = f"backbone.layers.{b}.mixer"
        shapes |= {
            f"backbone.layers.{b}.norm.weight": (WIDTH,),
            f"{at}.in_proj.weight": (2 * INNER, WIDTH),
            f"{at}.conv1d.weight": (INNER, 1, KERNEL), f"{at}.conv1d.bias": (INNER,),
            f"{at}.x_proj.weight": (RANK + 2 * STATES, INNER),
            f"{at}.dt_proj.weight": (INNER, RANK), f"{at}.dt_proj.bias": (INNER,),
            f"{at}.A_log": (INNER, STATES), f"{at}.D": (INNER,),
            f"{at}.out_proj.weight": (WIDTH, INNER),
        }  # fmt: skip
    shapes["backbone.norm_f.weight"] = (WIDTH,)
    return _drawn(shapes | ({} if tied else {"lm_head.weight": (SIZE, WIDTH)}))
