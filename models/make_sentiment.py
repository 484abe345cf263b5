"""Corpora of the classifiers of films, and what is kept apart from them.

    python models/make_sentiment.py FOLDER_OF_SENTIMENT_DATA OUT

reads `imdb_train.tsv.gz` (Maas et al. 2011), `sst_trees/*.txt` (Socher et al. 2013) and
`glove.6B.50d.top50k.zip` (Pennington et al. 2014), and writes

==========================  ===================================================================
imdb.tsv                    20,000 reviews to train on: label, text
imdb-apart.tsv              5,000 that nothing is chosen by
sst.tsv                     phrases of nine tenths of the training sentences, without neutral ones
sst-validation.tsv          the sentences of the last tenth
sst-apart.tsv               the sentences of the development part, that nothing is chosen by
imdb-validation.tsv         1,000 of the 20,000, to judge by while training
films-validation.tsv        imdb-validation.tsv and sst-validation.tsv
glove.txt                   vectors of the words in imdb.tsv and sst.tsv; that of a contraction
                            is the sum of its parts', as in "did" and "n't"
==========================  ===================================================================
"""

from __future__ import annotations

import gzip
import io
import re
import sys
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from rnnviz.core.sequences.texts.word_tokens import words_of

APART = 5_000
PARTS = re.compile(r"(.+?)(n't|'(?:s|re|ve|ll|d|m))")
LEAF = re.compile(r"\((\d) ([^()]+)\)|\((\d) |\)")
SIGNS = {"-LRB-": "(", "-RRB-": ")", "``": '"', "''": '"', "-LSB-": "[", "-RSB-": "]"}
TIGHT = re.compile(r" (?=(?:n't|'(?:s|re|ve|ll|d|m|t)|[.,;:!?)\]])(?: |$))", re.IGNORECASE)


def drawn(text: str) -> int:
    """A number below 2^32 that looks random and follows from the text."""
    return zlib.crc32(f"films/{' '.join(text.split())}".encode())


def reviews(path: Path) -> list[tuple[str, str]]:
    """Label and text, without the tags of line breaks."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = [line.rstrip("\n").split("\t") for line in file][1:]
    names = {"neg": "negative", "pos": "positive"}
    return [(names[label], re.sub(r"(?:<br */?>)+", " ", text)) for label, _, text in rows]


def phrases(tree: str) -> Iterator[tuple[int, str]]:
    """Every labelled part of a tree with its words as people write them; the whole comes last."""
    open_parts: list[tuple[int, list[str]]] = []
    for found in LEAF.finditer(tree):
        value, word, opened = found.groups()
        if opened is not None:
            open_parts.append((int(opened), []))
            continue
        if word is not None:
            word = SIGNS.get(word, word.replace("\\/", "/").replace("\\*", "*"))
            label, words = int(value), [word]
        else:
            label, words = open_parts.pop()
        yield label, TIGHT.sub("", " ".join(words))
        if open_parts:
            open_parts[-1][1].extend(words)


def two_classes(parts: list[tuple[int, str]]) -> list[tuple[str, str]]:
    """Without neutral ones."""
    return [("negative" if label < 2 else "positive", text) for label, text in parts if label != 2]


def write(path: Path, rows: list[tuple[str, str]]) -> None:
    """A table with a header row."""
    lines = ["label\ttext", *(f"{label}\t{' '.join(text.split())}" for label, text in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{path.name}: {len(rows):,}", dict(Counter(label for label, _ in rows)))


def main(data: Path, out: Path) -> None:
    """Write them all."""
    out.mkdir(parents=True, exist_ok=True)
    imdb = sorted(reviews(data / "imdb_train.tsv.gz"), key=lambda row: drawn(row[1]))
    # Whatever is apart stands nowhere else, also where a review was sent in twice.
    apart = imdb[:APART]
    texts = {text for _, text in apart}
    kept = sorted(
        (row for row in imdb[APART:] if row[1] not in texts), key=lambda r: drawn(r[1][::-1])
    )
    write(out / "imdb-apart.tsv", apart)
    write(out / "imdb.tsv", kept)

    trees = [
        list(phrases(line))
        for line in (data / "sst_trees/train.txt").read_text("utf-8").splitlines()
    ]
    trained = [tree for tree in trees if drawn(tree[-1][1]) % 10]
    judged = [tree for tree in trees if drawn(tree[-1][1]) % 10 == 0]
    dev = [
        list(phrases(line)) for line in (data / "sst_trees/dev.txt").read_text("utf-8").splitlines()
    ]
    seen: dict[str, str] = {}
    for tree in trained:
        seen.update({text: label for label, text in two_classes(tree)})
    whole = {tree[-1][1] for tree in (*judged, *dev)}
    rows = [(label, text) for text, label in seen.items() if text not in whole]
    write(out / "sst.tsv", rows)
    write(out / "sst-validation.tsv", two_classes([tree[-1] for tree in judged]))
    write(out / "sst-apart.tsv", two_classes([tree[-1] for tree in dev]))
    validation = [row for row in kept if drawn(row[1]) % 20 == 0]
    write(out / "imdb-validation.tsv", validation)
    write(out / "films-validation.tsv", validation + two_classes([tree[-1] for tree in judged]))

    counts = Counter(word for _, text in (*kept, *rows) for word in words_of(text, lower=True))
    with zipfile.ZipFile(data / "glove.6B.50d.top50k.zip") as packed:
        vectors = np.load(io.BytesIO(packed.read("vectors.npy"))).astype(np.float32)
        names = packed.read("words.txt").decode("utf-8").splitlines()
    common = {word for word, count in counts.most_common(30_000) if count > 1}
    known = dict(zip(names, vectors, strict=True))
    with (out / "glove.txt").open("w", encoding="utf-8") as file:
        for word in sorted(common):
            parts = PARTS.fullmatch(word)
            vector = known.get(word)
            if vector is None and parts and all(part in known for part in parts.groups()):
                vector = sum(known[part] for part in parts.groups())
            if vector is not None:
                file.write(word + " " + " ".join(f"{number:.2f}" for number in vector) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
