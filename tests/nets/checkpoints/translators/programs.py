"""Encoders and decoders as people write them, each the program that a test compares with.

Every one has `answer`: the greedy ids after a source sentence, in the program's own way.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

# What a person writes has attributes of no declared type.
# mypy: disable-error-code="operator,attr-defined,union-attr,arg-type,index,assignment"


class Lang:
    """The word list of PyTorch's tutorial."""

    def __init__(self, name: str, words: str) -> None:
        self.name = name
        self.word2index: dict[str, int] = {}
        self.word2count: dict[str, int] = {}
        self.index2word = {0: "SOS", 1: "EOS"}
        self.n_words = 2
        for word in words.split():
            self.word2index[word] = self.n_words
            self.word2count[word] = 1
            self.index2word[self.n_words] = word
            self.n_words += 1


class PlainEncoder(nn.Module):
    """Embedding and recurrent layers."""

    def __init__(
        self, kind: type[nn.RNNBase], size: int, width: int, units: int, layers: int
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(size, width)
        self.rnn = kind(width, units, layers)

    def forward(self, ids: Tensor) -> tuple[Tensor, object]:
        return self.rnn(self.embedding(ids).unsqueeze(1))


class PlainDecoder(nn.Module):
    """After Sutskever et al. (2014): no attention."""

    def __init__(
        self, kind: type[nn.RNNBase], size: int, width: int, units: int, layers: int
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(size, width)
        self.rnn = kind(width, units, layers)
        self.fc_out = nn.Linear(units, size)


class Plain(nn.Module):
    """Encoder and decoder side by side in one module, of several layers."""

    def __init__(self, kind: type[nn.RNNBase], sizes: tuple[int, int], layers: int = 2) -> None:
        super().__init__()
        self.encoder = PlainEncoder(kind, sizes[0], 4, 5, layers)
        self.decoder = PlainDecoder(kind, sizes[1], 4, 5, layers)

    @torch.no_grad()
    def answer(self, ids: list[int], begin: int, end: int, steps: int = 12) -> list[int]:
        _, state = self.encoder(torch.tensor(ids))
        previous, found = begin, []
        for _ in range(steps):
            embedded = self.decoder.embedding(torch.tensor([[previous]]))
            given, state = self.decoder.rnn(embedded, state)
            previous = choose(self.decoder.fc_out(given[0, 0]), begin)
            found.append(previous)
            if previous == end:
                break
        return found


class Summary(nn.Module):
    """After Cho et al. (2014): the whole sentence in one vector enters every step."""

    def __init__(self, sizes: tuple[int, int]) -> None:
        super().__init__()
        self.encoder = PlainEncoder(nn.GRU, sizes[0], 4, 5, 1)
        self.decoder = PlainDecoder(nn.GRU, sizes[1], 4, 5, 1)
        self.decoder.rnn = nn.GRU(4 + 5, 5)
        self.decoder.fc_out = nn.Linear(4 + 5 + 5, sizes[1])

    @torch.no_grad()
    def answer(self, ids: list[int], begin: int, end: int, steps: int = 12) -> list[int]:
        _, context = self.encoder(torch.tensor(ids))
        state, previous, found = context, begin, []
        for _ in range(steps):
            embedded = self.decoder.embedding(torch.tensor([[previous]]))
            _, state = self.decoder.rnn(torch.cat([embedded, context], 2), state)
            seen = torch.cat([embedded[0, 0], state[0, 0], context[0, 0]])
            previous = choose(self.decoder.fc_out(seen), begin)
            found.append(previous)
            if previous == end:
                break
        return found


class BothWays(nn.Module):
    """After Bahdanau et al. (2015), as the usual notebook has it: concatenated scores."""

    def __init__(self, sizes: tuple[int, int], units: int = 6) -> None:
        super().__init__()
        self.encoder = nn.Module()
        self.encoder.embedding = nn.Embedding(sizes[0], 4)
        self.encoder.rnn = nn.GRU(4, 5, bidirectional=True)
        self.encoder.fc = nn.Linear(10, units)
        self.decoder = nn.Module()
        self.decoder.attention = nn.Module()
        self.decoder.attention.attn = nn.Linear(10 + units, units)
        self.decoder.attention.v = nn.Linear(units, 1, bias=False)
        self.decoder.embedding = nn.Embedding(sizes[1], 3)
        self.decoder.rnn = nn.GRU(10 + 3, units)
        self.decoder.fc_out = nn.Linear(10 + units + 3, sizes[1])
        self.weights: list[Tensor] = []

    @torch.no_grad()
    def answer(self, ids: list[int], begin: int, end: int, steps: int = 12) -> list[int]:
        states, last = self.encoder.rnn(self.encoder.embedding(torch.tensor(ids)).unsqueeze(1))
        states = states[:, 0]
        hidden = self.encoder.fc(torch.cat([last[-2, 0], last[-1, 0]])).tanh()
        previous, found = begin, []
        for _ in range(steps):
            embedded = self.decoder.embedding(torch.tensor(previous))
            both = torch.cat([hidden.expand(len(states), -1), states], 1)
            weights = self.decoder.attention.v(self.decoder.attention.attn(both).tanh())[:, 0]
            weights = weights.softmax(0)
            self.weights.append(weights)
            context = weights @ states
            entering = torch.cat([embedded, context]).view(1, 1, -1)
            _, after = self.decoder.rnn(entering, hidden.view(1, 1, -1))
            hidden = after[0, 0]
            seen = torch.cat([hidden, context, embedded])
            previous = choose(self.decoder.fc_out(seen), begin)
            found.append(previous)
            if previous == end:
                break
        return found


class Chatbot(nn.Module):
    """PyTorch's chatbot: one embedding, two layers, directions added, attention after the step."""

    def __init__(self, size: int, method: str, units: int = 6) -> None:
        super().__init__()
        self.table = nn.Embedding(size, units)
        self.en, self.de = nn.Module(), nn.Module()
        self.en.embedding = self.de.embedding = self.table
        self.en.gru = nn.GRU(units, units, 2, bidirectional=True)
        self.de.gru = nn.GRU(units, units, 2)
        self.de.concat = nn.Linear(2 * units, units)
        self.de.out = nn.Linear(units, size)
        self.method = method
        if method == "general":
            self.de.attn = nn.Module()
            self.de.attn.attn = nn.Linear(units, units)

    @torch.no_grad()
    def answer(self, ids: list[int], begin: int, end: int, steps: int = 12) -> list[int]:
        given, last = self.en.gru(self.table(torch.tensor(ids)).unsqueeze(1))
        units = self.table.embedding_dim
        states = given[:, 0, :units] + given[:, 0, units:]
        state, previous, found = last[:2], begin, []
        for _ in range(steps):
            out, state = self.de.gru(self.table(torch.tensor([[previous]])), state)
            hidden = out[0, 0]
            keys = self.de.attn.attn(states) if self.method == "general" else states
            context = (keys @ hidden).softmax(0) @ states
            seen = self.de.concat(torch.cat([hidden, context])).tanh()
            previous = choose(self.de.out(seen), begin)
            found.append(previous)
            if previous == end:
                break
        return found


class TutorialDecoder(nn.Module):
    """The tutorial's decoder without attention, which takes relu of its embedding."""

    def __init__(self, size: int, units: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(size, units)
        self.gru = nn.GRU(units, units)
        self.out = nn.Linear(units, size)


def choose(logits: Tensor, begin: int) -> int:
    """The likeliest word that is not the beginning."""
    logits = logits.clone()
    logits[begin] = -torch.inf
    return int(logits.argmax())


def spread(module: nn.Module, seed: int = 0) -> None:
    """Weights so large that answers differ from word to word."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape) * 0.9)
