"""Beam search over B sentences with K rows each; greedy is a beam of one, sampling draws.

Every live row steps at once; then, for all sentences in one product, the best continuations are
kept, or one is drawn. What every step gave is kept until the end, so that each hypothesis can be
traced back with its alignment.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from rnnviz.core.errors import RnnvizError
from rnnviz.core.models.translation import BEGIN_ID, END_ID, PAD_ID
from rnnviz.nets.alignments.decoding.hypotheses import Hypothesis, Node
from rnnviz.nets.alignments.decoding.settings import Settings, steer_by
from rnnviz.nets.alignments.networks.decoder import DecoderState, Steer, Step
from rnnviz.nets.alignments.networks.encoder import Memory

TOP = 5
LONGEST = 1000
"""Tokens after which any translation is cut off."""


class Translator(Protocol):
    """What decoding needs of a network."""

    def encode(self, ids: Tensor, lengths: Tensor) -> Memory:
        """What is known of source ids (S, B) of these lengths."""
        ...

    def start(self, memory: Memory) -> DecoderState:
        """The state before the first token."""
        ...

    def step(
        self,
        previous: Tensor,
        state: DecoderState,
        memory: Memory,
        temperature: float = 1.0,
        steer: Steer | None = None,
    ) -> Step:
        """One step from the tokens (B,) before it."""
        ...


class Search:
    """One search over B sentences with K rows each; row b·K + k is hypothesis k of sentence b."""

    def __init__(
        self, model: Translator, memory: Memory, lengths: Tensor, settings: Settings, keep: bool
    ) -> None:
        self.model, self.settings, self.keep = model, settings, keep
        self.batch, self.beam = len(lengths), settings.beam
        self.lengths = lengths
        self.device = memory.states.device
        """Where the network runs; everything here is on the processor, one copy a step."""
        rows = torch.arange(self.batch, device=self.device)
        self.memory = memory.select(rows.repeat_interleave(self.beam))
        self.state = model.start(self.memory)
        self.previous = torch.full((self.batch * self.beam,), BEGIN_ID)
        self.scores = torch.full((self.batch, self.beam), -torch.inf)
        self.scores[:, 0] = 0
        self.covered: Tensor | None = None
        self.limits = torch.clamp(
            torch.full_like(lengths, settings.longest) if settings.longest else 2 * lengths + 10,
            max=LONGEST,
        )
        self.steps: list[_Kept] = []
        self.ended: list[list[_Ended]] = [[] for _ in range(self.batch)]
        self.written: list[list[int]] = [[] for _ in range(self.beam)]
        self.nodes: list[Node] = []
        self.live_nodes: list[int] = [-1] * self.beam
        self.generator = torch.Generator().manual_seed(settings.seed)

    def run(self, progress: Callable[[list[int]], None] | None) -> None:
        """Step until every sentence has what it needs."""
        while not all(self.complete(b) for b in range(self.batch)):
            self.advance()
            if progress is not None:
                progress(self.written[0])

    def complete(self, b: int) -> bool:
        """Whether no further step can change what sentence b becomes."""
        done = len(self.steps) >= int(self.limits[b]) or not bool(
            torch.isfinite(self.scores[b]).any()
        )
        return done or len(self.ended[b]) >= self.beam

    def advance(self) -> None:
        """One step of every row, and the choice of what goes on."""
        settings, t = self.settings, len(self.steps)
        intervened = t >= settings.from_step
        given = settings.weights.get(t) if intervened else None
        step = self.model.step(
            self.previous.to(self.device),
            self.state,
            self.memory,
            settings.temperature if intervened else 1.0,
            steer_by(given) if given else None,
        )
        following, step = step.state, step.cpu()
        if not torch.isfinite(step.logits).all():
            raise RnnvizError("the model predicts NaN: its training exploded. Open an earlier one")
        log_p = torch.log_softmax(step.logits.float(), dim=1)
        top = log_p.topk(min(TOP, log_p.shape[1]), dim=1)
        allowed = self.allow(log_p, t)
        parents, tokens, scores, ending = self.choose(allowed)
        self.covered = _sum(self.covered, step.weights)
        self.note(t, step, log_p, (parents, tokens, scores, ending))
        rows = (torch.arange(self.batch).unsqueeze(1) * self.beam + parents).flatten()
        chosen = log_p[rows, tokens.flatten()].view(self.batch, self.beam)
        ended = log_p[:, END_ID]
        kept = _Kept(step, chosen, ended, parents, tokens, top.indices, top.values.exp())
        self.steps.append(kept)
        before = self.written
        self.written = [
            [*before[row], token]
            for row, token in zip(parents[0].tolist(), tokens[0].tolist(), strict=True)
        ]
        self.state = following.select(rows.to(self.device))
        if self.covered is not None:
            self.covered = self.covered[rows]
        self.previous, self.scores = tokens.flatten(), scores

    def allow(self, log_p: Tensor, t: int) -> Tensor:
        """Log p (B·K, V) with -inf for whatever may not come now."""
        log_p = log_p.clone()
        log_p[:, [PAD_ID, BEGIN_ID]] = -torch.inf
        if t < max(self.settings.forced, default=0):
            log_p[:, END_ID] = -torch.inf  # a sentence that ends has no place for the forced word
        if t in self.settings.forbidden and t not in self.settings.forced:
            log_p[:, list(self.settings.forbidden[t])] = -torch.inf
        if t in self.settings.forced:
            token = self.settings.forced[t]
            only = torch.full_like(log_p, -torch.inf)
            only[:, token] = log_p[:, token]
            log_p = only
        return log_p

    def choose(self, log_p: Tensor) -> tuple[Tensor, Tensor, Tensor, list[tuple[int, int, float]]]:
        """Which rows go on with which tokens, (B, K) each with their scores; and which ended.

        Of the 2K best continuations of a sentence, those that end it among the first K are its
        hypotheses, and the first K of the others go on; so an end never narrows the beam.
        """
        vocabulary = log_p.shape[1]
        if self.settings.sampling_temperature > 0:
            shaped = torch.softmax(log_p / self.settings.sampling_temperature, dim=1)
            drawn = torch.multinomial(shaped, 1, generator=self.generator)
            only = torch.full_like(log_p, -torch.inf)
            log_p = only.scatter(1, drawn, log_p.gather(1, drawn))
        total = self.scores.flatten().unsqueeze(1) + log_p
        wanted = min(2 * self.beam, vocabulary * self.beam)
        best = total.view(self.batch, -1).topk(wanted, dim=1)
        rows, tokens = best.indices // vocabulary, best.indices % vocabulary
        possible = torch.isfinite(best.values)
        ends = (tokens == END_ID) & possible
        first = torch.arange(wanted) < self.beam
        ending = [
            (int(b), int(rows[b, place]), float(best.values[b, place]))
            for b, place in (ends & first).nonzero().tolist()
        ]
        # A stable sort brings what goes on to the front, in order.
        order = torch.argsort((tokens == END_ID).int(), dim=1, stable=True)[:, : self.beam]
        going = (tokens == END_ID).gather(1, order)
        scores = best.values.gather(1, order).masked_fill(going, -torch.inf)
        return rows.gather(1, order), tokens.gather(1, order), scores, ending

    def note(
        self,
        t: int,
        step: Step,
        log_p: Tensor,
        chosen: tuple[Tensor, Tensor, Tensor, list[tuple[int, int, float]]],
    ) -> None:
        """Keep what ended here, and the tree."""
        parents, tokens, scores, ending = chosen
        for b, row, total in ending:
            if self.complete(b):
                continue
            covered = None if self.covered is None else self.covered[b * self.beam + row]
            ranked = self.ranked(total, t + 1, covered, int(self.lengths[b]))
            self.ended[b].append(_Ended(t, row, ranked))
        for b in range(self.batch):
            if t + 1 >= int(self.limits[b]) and not self.ended[b]:
                row = int(parents[b, 0])
                covered = None if self.covered is None else self.covered[b * self.beam + row]
                ranked = self.ranked(float(scores[b, 0]), t + 1, covered, int(self.lengths[b]))
                self.ended[b].append(_Ended(t, row, ranked, int(tokens[b, 0])))
        if self.keep:
            self.grow(t, log_p, parents[0], tokens[0], scores[0])

    def grow(self, t: int, log_p: Tensor, parents: Tensor, tokens: Tensor, scores: Tensor) -> None:
        """Add the continuations of this step to the tree: the kept and the best dropped ones."""
        kept = {
            (int(row), int(token)): place
            for place, (row, token) in enumerate(zip(parents, tokens, strict=True))
            if math.isfinite(float(scores[place]))
        }
        ended = {(end.row, END_ID) for end in self.ended[0] if end.step == t}
        following = [-1] * self.beam
        for row in range(self.beam):
            before = float(self.scores[0, row])
            if not math.isfinite(before):
                continue
            likely = log_p[row].topk(min(max(TOP, self.beam), log_p.shape[1])).indices.tolist()
            mine = [token for at, token in [*kept, *ended] if at == row]
            for token in dict.fromkeys([*likely, *mine]):
                if token in (PAD_ID, BEGIN_ID):
                    continue
                gained = float(log_p[row, token])
                place = kept.get((row, token))
                if place is not None:
                    following[place] = len(self.nodes)
                goes_on = place is not None or (row, token) in ended
                self.nodes.append(
                    Node(self.live_nodes[row], t, token, gained, before + gained, goes_on)
                )
        self.live_nodes = following

    def ranked(self, log_p: float, length: int, covered: Tensor | None, source: int) -> float:
        """The score by which hypotheses are ranked (Wu et al. 2016, equation 14)."""
        penalty = ((5 + length) / 6) ** self.settings.length_penalty
        score = log_p / penalty
        if self.settings.coverage_penalty and covered is not None:
            lacking = covered[:source].clamp(1e-10, 1).log().sum()
            score += self.settings.coverage_penalty * float(lacking)
        return score

    def hypotheses(self, b: int) -> tuple[Hypothesis, ...]:
        """Every finished translation of sentence b, the best first."""
        ranked = sorted(self.ended[b], key=lambda end: -end.score)
        return tuple(self.trace(b, end) for end in ranked)

    def trace(self, b: int, end: _Ended) -> Hypothesis:
        """Follow a translation back to its beginning."""
        length, row = int(self.lengths[b]), end.row
        last = self.steps[end.step]
        cut = end.token != END_ID
        log_p = last.log_p[b, 0] if cut else last.end_log_p[b * self.beam + row]
        path = [(last.step, b * self.beam + row, end.token, log_p, last)]
        for kept in reversed(self.steps[: end.step]):
            token, log_p = int(kept.tokens[b, row]), kept.log_p[b, row]
            row = int(kept.parents[b, row])
            path.append((kept.step, b * self.beam + row, token, log_p, kept))
        path.reverse()

        def along(name: str) -> Tensor | None:
            values = [(getattr(step, name), at) for step, at, *_ in path]
            if values[0][0] is None:
                return None
            return torch.stack([value[at] for value, at in values])

        weights, energies = along("weights"), along("energies")
        context, hidden = along("context"), along("hidden")
        assert context is not None and hidden is not None
        return Hypothesis(
            tuple(token for _, _, token, _, _ in path),
            torch.stack([log_p for *_, log_p, _ in path]),
            end.score,
            end.token == END_ID,
            None if weights is None else weights[:, :length],
            None if energies is None else energies[:, :length],
            context,
            hidden,
            torch.stack([kept.top_ids[at] for _, at, *_, kept in path]),
            torch.stack([kept.top_p[at] for _, at, *_, kept in path]),
            tuple((step, at) for step, at, *_ in path) if self.keep else (),
        )


@dataclass(frozen=True)
class _Kept:
    """What one step left behind; `parents` and `tokens` (B, K) are of what went on."""

    step: Step
    log_p: Tensor
    """(B, K) of the tokens that went on."""
    end_log_p: Tensor
    """(B·K,) of the end."""
    parents: Tensor
    tokens: Tensor
    top_ids: Tensor
    top_p: Tensor


@dataclass(frozen=True)
class _Ended:
    """A hypothesis that ended at this step, in this row; or was cut off at this token."""

    step: int
    row: int
    score: float
    token: int = END_ID


def _sum(before: Tensor | None, weights: Tensor | None) -> Tensor | None:
    if weights is None:
        return None
    return weights if before is None else before + weights
