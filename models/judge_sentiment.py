"""What a classifier of films is right on, beside a bag of words and itself with the order reversed.

    python models/judge_sentiment.py CORPORA MODEL...

CORPORA is what `models/make_sentiment.py` wrote. The strength of the bag's regularisation is chosen
on the validation texts; nothing is chosen on what is apart.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

from rnnviz.core.sequences.files.labelled_texts import LabelledText, read_labelled
from rnnviz.core.sequences.texts.word_tokens import words_of
from rnnviz.nets.checkpoints import open_model
from rnnviz.nets.sequence.symbols.reader import SymbolReader
from rnnviz.nets.classification.verdicts import logits_of

SETS = ("imdb-validation", "sst-validation", "imdb-apart", "sst-apart")


def judge(path: Path, sets: dict[str, list[LabelledText]]) -> None:
    """The share that is right of each set, in order and reversed."""
    model = open_model(path, kind="classifier").model
    tokenizer, classes = SymbolReader(model.network.reads), model.classes
    for name, documents in sets.items():
        ids = [torch.from_numpy(tokenizer.encode(document.text)) for document in documents]
        truth = np.array([classes.index(document.label) for document in documents])
        found = []
        for given in (ids, [each.flip(0) for each in ids]):
            found.append((logits_of(model, given).argmax(dim=1).numpy() == truth).mean())
        print(f"{path} {name}: {found[0]:.4f}, reversed {found[1]:.4f}", flush=True)


def bag_of_words(corpora: Path, name: str, sets: dict[str, list[LabelledText]]) -> None:
    """Logistic regression on which words occur."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    validation, apart = sets[f"{name}-validation"], sets[f"{name}-apart"]
    held = {document.text for document in validation}
    kept = [one for one in read_labelled([corpora / f"{name}.tsv"]) if one.text not in held]
    bag = CountVectorizer(analyzer=lambda text: words_of(text, True), binary=True, max_features=20_000)
    counts = bag.fit_transform([one.text for one in kept])
    parts = [bag.transform([one.text for one in part]) for part in (validation, apart)]
    scores = []
    for strength in (0.01, 0.03, 0.1, 0.3, 1.0):
        fitted = LogisticRegression(C=strength, solver="liblinear")
        fitted.fit(counts, [one.label for one in kept])
        right = [
            (fitted.predict(part) == np.array([one.label for one in texts])).mean()
            for part, texts in zip(parts, (validation, apart), strict=True)
        ]
        scores.append((*right, strength))
    best = max(scores)
    print(f"bag of words, {name}: validation {best[0]:.4f}, apart {best[1]:.4f}, C {best[2]}")


if __name__ == "__main__":
    torch.set_num_threads(1)
    folder = Path(sys.argv[1])
    judged = {name: read_labelled([folder / f"{name}.tsv"]) for name in SETS}
    for given in sys.argv[2:]:
        judge(Path(given), judged)
    for corpus in ("imdb", "sst"):
        bag_of_words(folder, corpus, judged)
