"""The corpora of the translation models: read, put together, test sets left out, links drawn.

    python models/make_corpora.py --data DATA --to FOLDER

DATA holds what `SOURCES` name: pairs of Tatoeba, Multi30k, WMT's news test sets, News Commentary,
the Bible, and the alignments that the models are measured on. FOLDER gets, for French and Spanish,

    NAME.tsv.xz             all pairs, the foreign sentence first
    NAME.links.xz           between their words, by both directions of the statistical aligner
    NAME.test.tsv.xz        the last news test sets
    NAME.pieces.safetensors the vocabularies, in a model of one unit

A pair of which either sentence is in a test set is left out, whatever its case, signs and blanks:
the everyday pairs and the Hansards with gold links, XL-WA's test and development sets, and the last
news test sets. So neither translator nor aligner ever saw one of them.
"""

from __future__ import annotations

import argparse
import lzma
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from rnnviz.core.alignments.links import links_line
from rnnviz.core.alignments.files.parallel_corpus import Pair
from rnnviz.core.sequences.texts.lines import read_lines
from rnnviz.core.alignments.words.sentences import put_together, words_to_align, writes_high_signs_apart
from rnnviz.core.alignments.statistical_aligner import align_words
from rnnviz.core.models.translation import TranslationDescription
from rnnviz.nets.checkpoints.native import save_model
from rnnviz.nets.alignments.networks.model import TranslationModel
from rnnviz.nets.alignments.tokenizers import clean, train_tokenizer

PIECES = 4000
NEWS = "parallel/wmt-newstest-enfr-ende-enes.zip"


@dataclass(frozen=True)
class Language:
    """Where the pairs of one language with English come from."""

    name: str
    tatoeba: tuple[str, str]
    """The archive, and the file in it."""
    news: str
    """The folder of its news test sets, and the ending of its files."""
    tested: tuple[str, ...]
    """News test sets that are kept for testing."""
    bible: str
    multi30k: str = ""
    commentary: str = ""


LANGUAGES = (
    Language(
        "french",
        ("parallel/fra-eng.zip", "fra.txt"),
        "fra",
        ("newstest2014", "newsdiscusstest2015"),
        "fr_segond1910.txt",
        multi30k="fr",
        commentary="nc-5k.fr",
    ),
    Language(
        "spanish",
        ("parallel/spa-eng.zip", "spa-eng/spa.txt"),
        "spa",
        ("newstest2013",),
        "es_reinavalera1909.txt",
    ),
)


def inside(archive: Path, name: str) -> list[str]:
    """The lines of a file in an archive."""
    with zipfile.ZipFile(archive) as opened:
        text = opened.read(name).decode("utf-8-sig")
    return [line.rstrip("\r") for line in text.removesuffix("\n").split("\n")]


def corpora(data: Path, language: Language) -> dict[str, list[Pair]]:
    """Every corpus with its pairs, English last, before anything is left out."""
    found: dict[str, list[Pair]] = {}
    rows = [line.split("\t") for line in inside(data / language.tatoeba[0], language.tatoeba[1])]
    found["Tatoeba"] = [(row[1], row[0]) for row in rows if len(row) > 1]
    if language.multi30k:
        both = (f"train.{language.multi30k}.gz", "train.en.gz")
        sides = [read_lines(data / "parallel/multi30k" / name) for name in both]
        found["Multi30k"] = list(zip(*sides, strict=True))
    for name in news_sets(data / NEWS, language):
        found[name] = news(data, language, name)
    if language.commentary:
        archive = data / "parallel/news-commentary-enfr-5k.zip"
        sides = [inside(archive, name) for name in (language.commentary, "nc-5k.en")]
        found["News Commentary"] = list(zip(*sides, strict=True))
    archive = data / "parallel/bible-en-fr-es-de.zip"
    sides = [inside(archive, name) for name in (language.bible, "en_web.txt")]
    found["Bible"] = list(zip(*sides, strict=True))
    return found


def news_sets(archive: Path, language: Language) -> list[str]:
    """The names of the news test sets of this language."""
    with zipfile.ZipFile(archive) as opened:
        names = [Path(name) for name in opened.namelist()]
    folder, ending = f"en-{language.news}", f".{language.news}"
    return sorted(p.stem for p in names if p.parent.name == folder and p.suffix == ending)


def news(data: Path, language: Language, name: str) -> list[Pair]:
    """One news test set."""
    stem = f"en-{language.news}/{name}"
    sides = [inside(data / NEWS, f"{stem}.{end}") for end in (language.news, "eng")]
    return list(zip(*sides, strict=True))


def key(sentence: str) -> str:
    """What makes a sentence the same: its letters and digits, whatever their case."""
    return "".join(c for c in clean(sentence).casefold() if c.isalnum())


def tested(data: Path, language: Language) -> set[str]:
    """The keys of every sentence that something is measured on, in any language."""
    links, pairs = data / "alignments", []
    for name in ("fra-eng", "spa-eng", "by-hand-fra-eng", "by-hand-spa-eng"):
        pairs += [line.split("\t")[:2] for line in read_lines(links / f"everyday/{name}.tsv")]
    pairs += [line.split("|||") for line in read_lines(links / "enfr.src-tgt")]
    for name in ("en-es.test", "en-es.dev"):
        pairs += [line.split("\t")[:2] for line in read_lines(links / f"XL-WA/{name}.tsv")]
    for name in language.tested:
        pairs += [list(pair) for pair in news(data, language, name)]
    return {key(sentence) for pair in pairs for sentence in pair} - {""}


def pairs_of(data: Path, language: Language) -> Iterator[tuple[str, Pair]]:
    """Every pair that is trained on, with its corpus: no test set, no empty side, none twice."""
    never = tested(data, language)
    seen: set[Pair] = set()
    for name, pairs in corpora(data, language).items():
        if name in language.tested:
            continue
        for pair in pairs:
            made = (put_together(clean(pair[0])), put_together(clean(pair[1])))
            if not all(made) or made in seen or any(key(side) in never for side in made):
                continue
            seen.add(made)
            yield name, made


def write(path: Path, lines: Iterable[str]) -> None:
    """Write lines, compressed."""
    data = "".join(f"{line}\n" for line in lines).encode()
    data = lzma.compress(data, preset=9)
    path.write_bytes(data)
    print(f"{path.name}: {len(data):,} bytes")


def pieces(path: Path, language: Language, pairs: list[Pair]) -> None:
    """The vocabularies of both sides, in a model that has nothing else to say."""
    sides = [
        train_tokenizer("subwords", (pair[side] for pair in pairs), PIECES).description
        for side in (0, 1)
    ]
    about = TranslationDescription(
        architecture="gru",
        layers=1,
        units=1,
        embedding=1,
        source=sides[0],
        target=sides[1],
        attention="none",
        source_language=language.name.title(),
        target_language="English",
    )
    save_model(path, TranslationModel(about), about, half=True)


def make(data: Path, language: Language, folder: Path) -> None:
    """All files of one language."""
    named = list(pairs_of(data, language))
    pairs = [pair for _, pair in named]
    for name in dict.fromkeys(name for name, _ in named):
        print(f"{language.name}: {name}, {sum(each == name for each, _ in named):,} pairs")
    write(folder / f"{language.name}.tsv.xz", ("\t".join(pair) for pair in pairs))
    test = [pair for name in language.tested for pair in news(data, language, name)]
    lines = ("\t".join(map(clean, pair)) for pair in test)
    write(folder / f"{language.name}.test.tsv.xz", lines)
    words = [(words_to_align(source), words_to_align(target)) for source, target in pairs]
    links = (links_line(both.links("intersection")) for both in align_words(words))
    write(folder / f"{language.name}.links.xz", links)
    pieces(folder / f"{language.name}.pieces.safetensors", language, pairs)


def main() -> None:
    """Both languages."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--to", type=Path, required=True)
    arguments = parser.parse_args()
    arguments.to.mkdir(parents=True, exist_ok=True)
    for language in LANGUAGES:
        make(arguments.data, language, arguments.to)


if __name__ == "__main__":
    main()
