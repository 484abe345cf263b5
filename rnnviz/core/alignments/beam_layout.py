"""Where the words of a beam search's tree lie: a column a step, best children in line.

Branches that do not overlap share a row, so that a tree is about as high as its beam is wide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from rnnviz.core.alignments.decoded import BeamNode


class Placed(NamedTuple):
    """A node with its place on a grid."""

    node: BeamNode
    column: int
    row: int
    parent: int | None
    """The place of the parent in the list."""
    best: bool
    """Whether it lies on the way to the best leaf."""


def placed_tree(
    nodes: Sequence[BeamNode], *, dropped: bool, target: Sequence[str] = ()
) -> tuple[Placed, ...]:
    """The nodes with their places, parents before children; roots without a word take no room.

    Args:
        nodes: the tree.
        target: the tokens of the translation that was chosen; the best leaf is guessed without.
        dropped: also what the search looked at and did not go on with.
    """
    known = {node.id: node for node in nodes}
    roots = {
        node.id
        for node in nodes
        if node.parent not in known and node.token in ("", "<s>", "SOS", "<sos>")
    }
    children: dict[int | None, list[BeamNode]] = {}
    for node in nodes:
        if node.id in roots or not (node.kept or dropped):
            continue
        above = node.parent if node.parent in known and node.parent not in roots else None
        children.setdefault(above, []).append(node)
    best = _path_of(target, children) or _best_path(nodes, children)
    for siblings in children.values():
        siblings.sort(key=lambda node: (node.id not in best, -node.score))
    placed: list[Placed] = []
    stack: list[tuple[BeamNode, int, int | None, bool]] = []
    for place, node in reversed(list(enumerate(children.get(None, ())))):
        stack.append((node, 0, None, bool(place)))
    row = 0
    taken: list[int] = []
    seen: set[int] = set()
    while stack:
        node, column, parent, fresh = stack.pop()
        if node.id in seen:
            continue
        seen.add(node.id)
        if fresh or not placed:
            above = 0 if parent is None else placed[parent].row + 1
            row = _free_row(taken, above, column, _length(node, children))
        placed.append(Placed(node, column, row, parent, node.id in best))
        at = len(placed) - 1
        below = children.get(node.id, ())
        stack.extend(
            (child, column + 1, at, bool(place))
            for place, child in reversed(list(enumerate(below)))
        )
    return tuple(placed)


def _length(node: BeamNode, children: Mapping[int | None, Sequence[BeamNode]]) -> int:
    """How many nodes go on straight from here, this one included."""
    seen = {node.id}
    while (below := children.get(node.id)) and below[0].id not in seen:
        node = below[0]
        seen.add(node.id)
    return len(seen)


def _free_row(taken: list[int], first: int, column: int, length: int) -> int:
    """The first row with so many columns free, which are taken then; a bit stands for a column."""
    wanted = ((1 << length) - 1) << column
    row = first
    while row < len(taken) and taken[row] & wanted:
        row += 1
    taken.extend([0] * (row + 1 - len(taken)))
    taken[row] |= wanted
    return row


def _path_of(
    target: Sequence[str], children: Mapping[int | None, Sequence[BeamNode]]
) -> frozenset[int]:
    """The nodes that bear these tokens one after the other; none if the tree has no such way."""
    path: list[int] = []
    at: int | None = None
    for token in target:
        node = next((one for one in children.get(at, ()) if one.token == token), None)
        if node is None:
            return frozenset()
        at = node.id
        path.append(at)
    return frozenset(path)


def _best_path(
    nodes: Sequence[BeamNode], children: dict[int | None, list[BeamNode]]
) -> frozenset[int]:
    """The nodes up to the best leaf: what ended a sentence by its mean log p, else any leaf."""
    known = {node.id: node for node in nodes}
    leaves = [node for node in nodes if node.kept and node.id not in children]
    if not leaves:
        return frozenset()
    depths = _depths(known)
    ended = [leaf for leaf in leaves if leaf.token in ("</s>", "EOS", "<eos>")]
    at: BeamNode | None = max(ended or leaves, key=lambda leaf: leaf.score / depths[leaf.id])
    path: set[int] = set()
    while at is not None and at.id not in path:
        path.add(at.id)
        at = known.get(at.parent) if at.parent is not None else None
    return frozenset(path)


def _depths(known: Mapping[int, BeamNode]) -> dict[int, int]:
    """How many words lead to every node, itself included; each node is looked at once."""
    depths: dict[int, int] = {}
    for start in known:
        way: list[int] = []
        at: int | None = start
        while at is not None and at in known and at not in depths:
            depths[at] = 0
            way.append(at)
            at = known[at].parent
        depth = depths.get(at, 0) if at is not None else 0
        for number in reversed(way):
            depth += 1
            depths[number] = depth
    return depths
