"""Translation: training against a plain loop of the same network, beam search, twenty words.

    python benchmarks/translation.py [--steps 12] [--model models/french-english.safetensors]

1. Target tokens a second of a step of training (forward, backward, Adam) of an LSTM 256 with
   additive attention: `TranslationModel`, and the same weights in a plain loop: torch's packed
   bidirectional module, `LSTMCell` step by step, keys projected once, softmax over every place.
2. Sentences translated with a beam of 5: all in one batch, against one after the other.
3. Twenty source words with the model, beam 1 and 5, from text to text, the median of 9.

The kinds of each are run in turn; the fastest run of each counts.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

from rnnviz.core.models.translation import SPECIAL, TokenizerDescription, TranslationDescription
from rnnviz.nets.alignments.batches import PairBatch, make_batch
from rnnviz.nets.alignments.decoding.decoding import decode
from rnnviz.nets.alignments.decoding.settings import Settings
from rnnviz.nets.alignments.networks.model import TranslationModel
from rnnviz.nets.alignments.sentences import translate
from rnnviz.nets.checkpoints import open_model

VOCABULARY, UNITS, EMBEDDING, BATCH = 3000, 256, 128, 64
SHIPPED = Path(__file__).parent.parent / "models" / "french-english.safetensors"
SENTENCE = (
    "Un homme avec un chapeau noir et une femme avec une robe rouge jouent de la guitare dans la "
    "grande rue ."
)


class Plain(nn.Module):
    """The same network as somebody writes it first, on the weights of ours."""

    def __init__(self, model: TranslationModel) -> None:
        super().__init__()
        self.model = model
        self.encoder = nn.LSTM(EMBEDDING, UNITS, bidirectional=True)
        weights = dict(model.encoder.forwards[0].state_dict())
        weights |= {f"{k}_reverse": v for k, v in model.encoder.backwards[0].state_dict().items()}
        self.encoder.load_state_dict(weights)
        self.cell = nn.LSTMCell(EMBEDDING + 2 * UNITS, UNITS)
        fused = model.decoder.layers[0].state_dict()
        self.cell.load_state_dict({k.removesuffix("_l0"): v for k, v in fused.items()})

    def forward(self, batch: PairBatch) -> Tensor:
        """The mean loss."""
        encoder, decoder = self.model.encoder, self.model.decoder
        packed = nn.utils.rnn.pack_padded_sequence(
            encoder.embedding(batch.source), batch.lengths, enforce_sorted=False
        )
        out, (last, _) = self.encoder(packed)
        states = nn.utils.rnn.pad_packed_sequence(out)[0].transpose(0, 1)
        padding = torch.arange(states.shape[1]) >= batch.lengths.unsqueeze(1)
        assert decoder.attention is not None
        keys = decoder.attention.keys(states)
        hidden, cell = decoder.bridges[0](torch.cat([last[0], last[1]], 1)).tanh().chunk(2, 1)
        previous, logits = torch.ones(batch.target.shape[1], dtype=torch.long), []
        for now in batch.target:
            embedded = decoder.embedding(previous)
            energies = decoder.attention(hidden.unsqueeze(1), keys).squeeze(1)
            weights = energies.masked_fill(padding, -torch.inf).softmax(1)
            context = torch.bmm(weights.unsqueeze(1), states).squeeze(1)
            hidden, cell = self.cell(torch.cat([embedded, context], 1), (hidden, cell))
            read = decoder.readout(torch.cat([hidden, context, embedded], 1)).tanh()
            logits.append(decoder.output(read))
            previous = now
        every = torch.stack(logits).flatten(0, 1)
        return functional.cross_entropy(every, batch.target.flatten(), ignore_index=0)


def described() -> TranslationDescription:
    """A model of the size that ships."""
    words = tuple(f"w{i}" for i in range(VOCABULARY - len(SPECIAL)))
    side = TokenizerDescription(kind="words", tokens=(*SPECIAL, *words))
    return TranslationDescription(
        architecture="lstm",
        layers=1,
        units=UNITS,
        embedding=EMBEDDING,
        attention_units=128,
        source=side,
        target=side,
    )


def batches(count: int) -> list[PairBatch]:
    """Sentences of 4 to 24 random tokens, alike in length within a batch, as in training."""
    draw = torch.Generator().manual_seed(0)
    made = []
    for number in range(count):
        middle = 6 + 2 * (number % 8)
        pairs = []
        for _ in range(BATCH):
            sizes = torch.randint(middle - 2, middle + 3, (2,), generator=draw).tolist()
            ids = [torch.randint(4, VOCABULARY, (n,), generator=draw).tolist() for n in sizes]
            pairs.append((ids[0], ids[1]))
        made.append(make_batch(pairs))
    return made


def training(steps: int) -> None:
    """Tokens a second of both, and the ratio."""
    model = TranslationModel(described())
    plain = Plain(TranslationModel(described()))

    def ours(batch: PairBatch) -> Tensor:
        logits, targets, _ = model(batch.source, batch.lengths, batch.target)
        return functional.cross_entropy(logits, targets)

    made = batches(steps)
    torch.testing.assert_close(ours(made[0]), plain(made[0]))
    taken = {"ours": [0.0] * steps, "plain": [0.0] * steps}
    kinds: dict[str, tuple[Callable[[PairBatch], Tensor], nn.Module]] = {
        "ours": (ours, model),
        "plain": (plain, plain),
    }
    optimisers = {k: torch.optim.Adam(m.parameters(), fused=True) for k, (_, m) in kinds.items()}
    for turn in range(2):
        for number, batch in enumerate(made):
            for kind, (loss, _) in kinds.items():
                began = time.perf_counter()
                optimisers[kind].zero_grad()
                loss(batch).backward()
                optimisers[kind].step()
                spent = time.perf_counter() - began
                before = taken[kind][number]
                taken[kind][number] = min(before, spent) if turn else spent
    tokens = sum(batch.tokens for batch in made)
    rates = {kind: tokens / sum(spent) for kind, spent in taken.items()}
    print(f"training: {rates['ours']:,.0f} target tokens/s, plain loop {rates['plain']:,.0f}")
    print(f"  ratio {rates['ours'] / rates['plain']:.2f} (at least 0.9)")


def searching(model: TranslationModel) -> None:
    """Thirty-two sentences with a beam of 5, together and alone."""
    ids = model.source.encode(SENTENCE)
    sources = [ids[: 4 + n % (len(ids) - 4)] for n in range(32)]
    settings = Settings(beam=5)
    decode(model, sources[:2], settings)
    began = time.perf_counter()
    decode(model, sources, settings)
    together = time.perf_counter() - began
    began = time.perf_counter()
    for source in sources:
        decode(model, [source], settings)
    alone = time.perf_counter() - began
    print(f"beam search, 32 sentences: {together:.2f} s together, {alone:.2f} s one by one")
    print(f"  ratio {alone / together:.1f}")


def twenty_words(model: TranslationModel) -> None:
    """From text to text."""
    words = len(SENTENCE.split())
    for beam in (1, 5):
        taken = []
        for _ in range(9):
            began, used = time.perf_counter(), time.process_time()
            translate(model, SENTENCE, Settings(beam=beam), keep=True)
            taken.append((time.perf_counter() - began, time.process_time() - used))
        wall = statistics.median(wall for wall, _ in taken)
        used = statistics.median(used for _, used in taken)
        print(
            f"{words} words, beam {beam}: {1000 * wall:.0f} ms, {1000 * used:.0f} ms of the "
            "processor (at most 150)"
        )


def main() -> None:
    """Run all three."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=12)
    parser.add_argument("--model", type=Path, default=SHIPPED)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    training(arguments.steps)
    model = open_model(arguments.model, kind="translator").model
    searching(model)
    twenty_words(model)


if __name__ == "__main__":
    main()
