"""A classifier's answer depends on the document alone, whatever lies beside it in a batch."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from rnnviz.core.models.classification import READOUTS, ClassifierDescription
from rnnviz.core.models.translation import SPECIAL, TokenizerDescription
from rnnviz.nets.classification.batches import make_batch
from rnnviz.nets.classification.model import Classifier
from rnnviz.nets.classification.verdicts import logits_of

TOKENS = TokenizerDescription(kind="unicode-words", tokens=(*SPECIAL, "a", "b", "c", "d", "e", "f"))
DOCUMENTS = [
    torch.tensor(ids) for ids in ([4, 5, 6, 7, 8, 9, 4], [5], [9, 8, 3], [6, 6, 6, 6], [7, 4])
]


def classifier(**changed: object) -> Classifier:
    fields = {"architecture": "lstm", "layers": 2, "units": 5, "embedding": 4, "readout": "last"}
    description = ClassifierDescription(tokens=TOKENS, classes=("no", "yes"), **(fields | changed))  # type: ignore[arg-type]
    return Classifier(description.today(), seed=3).eval()


def run(layer: nn.Module, entering: Tensor) -> tuple[Tensor, object]:
    """Torch's own module."""
    assert isinstance(layer, nn.LSTM)
    return nn.LSTM.forward(layer, entering)


def said(model: Classifier, ids: Tensor, lengths: Tensor) -> Tensor:
    return model(ids, None, lengths)[0]


@pytest.mark.parametrize("architecture", ["lstm", "gru", "rnn"])
@pytest.mark.parametrize("readout", READOUTS)
@pytest.mark.parametrize("both", [False, True], ids=["one way", "both ways"])
def test_the_answer_does_not_depend_on_the_batch(
    architecture: str, readout: str, both: bool
) -> None:
    model = classifier(architecture=architecture, readout=readout, bidirectional=both)
    together = logits_of(model, DOCUMENTS)
    for document, found in zip(DOCUMENTS, together, strict=True):
        (alone,) = logits_of(model, [document])
        torch.testing.assert_close(alone, found, atol=1e-6, rtol=0)


@pytest.mark.parametrize("readout", READOUTS)
def test_gradients_at_filling_are_nothing(readout: str) -> None:
    model = classifier(readout=readout)
    batch = make_batch([one.numpy() for one in DOCUMENTS], [0] * len(DOCUMENTS))
    embedded = model.embed(batch.ids).detach().requires_grad_()
    model.judge(embedded, batch.lengths).logits[:, 0].sum().backward()
    assert embedded.grad is not None
    for column, document in enumerate(DOCUMENTS):
        norms = embedded.grad[:, column].norm(dim=1)
        assert (norms[: len(document)] > 0).any()
        assert (norms[len(document) :] == 0).all()


def test_readouts_by_hand() -> None:
    """One layer, one document: the same states as torch's module gives."""
    ids = DOCUMENTS[0][:, None]
    length = torch.tensor([len(ids)])
    model = classifier(layers=1, bidirectional=False, readout="attention")
    assert model.embedding is not None
    states, _ = run(model.layers["0"], model.embedding(ids))
    keys = torch.tanh(model.readout["key"](states))
    weights = model.readout["score"](keys)[:, 0, 0].softmax(dim=0)
    wanted = {
        "last": states[-1, 0],
        "mean": states[:, 0].mean(dim=0),
        "max": states[:, 0].amax(dim=0),
        "attention": weights @ states[:, 0],
    }
    for readout, seen in wanted.items():
        other = classifier(layers=1, bidirectional=False, readout=readout)
        other.load_state_dict(model.state_dict(), strict=False)
        torch.testing.assert_close(said(other, ids, length)[0], model.output(seen))


def test_both_ways_the_last_state_of_the_way_back_is_at_the_first_word() -> None:
    model = classifier(layers=1, readout="last")
    ids = DOCUMENTS[0][:, None]
    assert model.embedding is not None
    embedded = model.embedding(ids)
    ahead, _ = run(model.layers["0"], embedded)
    back, _ = run(model.backwards["0"], embedded.flip(0))
    seen = torch.cat([ahead[-1, 0], back[-1, 0]])
    torch.testing.assert_close(said(model, ids, torch.tensor([len(ids)]))[0], model.output(seen))


def test_characters_may_enter_as_they_are() -> None:
    assert logits_of(classifier(embedding=0), DOCUMENTS).shape == (5, 2)


def test_words_are_dropped_in_training_only() -> None:
    model = classifier()
    model.word_dropout = 0.5
    same = [logits_of(model, DOCUMENTS) for _ in range(2)]
    torch.testing.assert_close(*same)
    batch = make_batch([one.numpy() for one in DOCUMENTS], [0] * 5)
    model.train()
    torch.manual_seed(0)
    assert not torch.equal(
        said(model, batch.ids, batch.lengths), said(model, batch.ids, batch.lengths)
    )
