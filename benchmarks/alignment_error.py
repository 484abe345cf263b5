"""How well translators align words and translate, beside an aligner and the straight diagonal.

    python benchmarks/alignment_error.py --data DATA [--corpora FOLDER] [MODEL ...] [--json FILE]

DATA holds the gold links: `alignments/everyday`, `alignments/enfr.*` (the Hansards of NAACL 2003)
and `alignments/XL-WA`; FOLDER what `models/make_corpora.py` made, without any pair of which
a sentence is in one of these sets or in the last news tests. Without MODEL all that ship are
measured.

1. Alignment error rate (Och and Ney 2003) in per cent, the given translation forced, links by
   the heaviest weight of each target word, of each source word, or where both agree. In one run:
   the statistical aligner, trained on FOLDER's pairs and the test pairs without their links, by
   intersection and grow-diag-final-and, and the straight diagonal.
2. How many target words of the everyday pairs look at a possible link: first words, function words,
   punctuation, all. Words without a gold link are not counted.
3. Nats a token and BLEU (sacrebleu, greedy) on the everyday pairs and the news tests, and BLEU of
   the news tests by the words of the source.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sacrebleu

from rnnviz.core.alignments.alignment import Direction
from rnnviz.core.alignments.files.parallel_corpus import Pair, read_pairs
from rnnviz.core.alignments.links import Link, Links, corpus_agreement, parse_links, read_links
from rnnviz.core.alignments.statistical_aligner import BothWays, align_words, diagonal
from rnnviz.core.alignments.words.sentences import put_together, words_to_align
from rnnviz.core.alignments.words.tokens import is_word
from rnnviz.core.sequences.texts.lines import read_lines
from rnnviz.nets.alignments.aligning import Aligned, align_pairs
from rnnviz.nets.alignments.decoding.settings import Settings
from rnnviz.nets.alignments.judging import held_out_loss, translate_lines
from rnnviz.nets.checkpoints import open_model

MODELS = Path(__file__).parent.parent / "models"
DIRECTIONS: tuple[Direction, ...] = ("target", "source", "both")
BINS = ((1, 9), (10, 14), (15, 19), (20, 24), (25, 29), (30, 35), (36, 100))
FUNCTION_WORDS = {
    "English": (
        "a an the i you he she it we they me him her us them my your his its our their of "
        "to in on at by for with from and or but not is are was were be been am do does did "
        "have has had will would can could that this there as so if than"
    ),
    "French": (
        "le la les l' un une des du de d' je j' tu il elle on nous vous ils elles me m' te "
        "t' se s' lui leur y en mon ma mes ton ta tes son sa ses notre nos votre vos leurs "
        "à au aux dans sur par pour avec et ou mais ne n' pas est es suis sont était a ai "
        "as ont avait que qu' qui ce c' cette ces si"
    ),
    "Spanish": (
        "el la los las un una unos unas de del a al en con por para y e o u pero no me te "
        "se le les lo nos mi mis tu tus su sus yo tú él ella nosotros ellos es son era está "
        "están fue ha he han que este esta ese esa si como"
    ),
}


@dataclass(frozen=True)
class GoldSet:
    """Pairs with gold links; English is the second language unless it is said to be the first."""

    name: str
    languages: tuple[str, str]
    pairs: list[Pair]
    gold: list[Links]
    everyday: bool = False

    def turned(self, source: str) -> tuple[list[Pair], list[Links]]:
        """The pairs and links with this language as the source."""
        if source == self.languages[0]:
            return self.pairs, self.gold
        return [(b, a) for a, b in self.pairs], [links.swapped() for links in self.gold]


def gold_sets(data: Path) -> list[GoldSet]:
    """All of them."""
    folder = data / "alignments"
    found = []
    for stem, language in (("fra-eng", "French"), ("spa-eng", "Spanish")):
        for name, title in ((stem, "everyday"), (f"by-hand-{stem}", "everyday by hand")):
            rows = [line.split("\t") for line in read_lines(folder / "everyday" / f"{name}.tsv")]
            pairs = [(row[0], row[1]) for row in rows]
            gold = [parse_links(row[3]) for row in rows]
            both = (language, "English")
            found.append(GoldSet(f"{title} {language}", both, pairs, gold, title == "everyday"))
    hansards = read_pairs([folder / "enfr.src-tgt"])
    gold = list(read_links(folder / "enfr.gold"))
    found.append(GoldSet("Hansards", ("English", "French"), hansards, gold))
    rows = [line.split("\t") for line in read_lines(folder / "XL-WA" / "en-es.test.tsv")]
    pairs = [(row[0], row[1]) for row in rows]
    gold = [parse_links(row[2]) for row in rows]
    found.append(GoldSet("XL-WA Spanish", ("English", "Spanish"), pairs, gold))
    return found


def rate(found: Sequence[Iterable[Link]], gold: Sequence[Links]) -> float:
    """The alignment error rate in per cent."""
    return round(100 * corpus_agreement(found, gold).error_rate, 1)


def baselines(sets: list[GoldSet], corpora: Path | None) -> dict[str, dict[str, float]]:
    """Of every set: the diagonal, and with corpora the statistical aligner."""
    rates: dict[str, dict[str, float]] = {}
    for each in sets:
        straight = [diagonal(len(a.split()), len(b.split())) for a, b in each.pairs]
        rates[each.name] = {"diagonal": rate(straight, each.gold)}
    for language in ("french", "spanish") if corpora else ():
        assert corpora is not None
        path = corpora / f"{language}.tsv.xz"
        mine = [each for each in sets if language.title() in each.languages]
        words = [(words_to_align(a), words_to_align(b)) for a, b in read_pairs([path])]
        trained = len(words)
        for each in mine:
            pairs, _ = each.turned(language.title())
            words += [(lowered(a), lowered(b)) for a, b in pairs]
        began = time.perf_counter()
        found = align_words(words)[trained:]
        seconds = time.perf_counter() - began
        print(f"aligner, {language}: {len(words):,} pairs in {seconds:.0f} s")
        for each in mine:
            _, gold = each.turned(language.title())
            part, found = found[: len(gold)], found[len(gold) :]
            rates[each.name] |= aligner_rates(part, gold)
    return rates


def lowered(text: str) -> list[str]:
    """The words between blanks as the aligner compares them."""
    return text.replace("’", "'").lower().split()


def aligner_rates(found: Sequence[BothWays], gold: Sequence[Links]) -> dict[str, float]:
    """By the two ways to make one set of links of both directions that matter here."""
    return {
        f"aligner, {how}": rate([both.links(how) for both in found], gold)
        for how in ("intersection", "grow-diag-final-and")
    }


def kinds_right(
    aligned: Sequence[Aligned], pairs: Sequence[Pair], gold: Sequence[Links], language: str
) -> dict[str, float]:
    """The share of target words of each kind whose heaviest source word is a possible link."""
    function = set(FUNCTION_WORDS[language].split())
    right: dict[str, list[bool]] = {"first": [], "function": [], "punctuation": [], "all": []}
    for one, (_, target), links in zip(aligned, pairs, gold, strict=True):
        chosen = {place: source for source, place in one.alignment.links("target")}
        for place, word in enumerate(target.split()):
            possible = {source for source, at in links.possible if at == place}
            if not possible:
                continue
            fits = chosen.get(place) in possible
            right["all"].append(fits)
            if place == 0:
                right["first"].append(fits)
            if word.lower() in function:
                right["function"].append(fits)
            elif not is_word(word):
                right["punctuation"].append(fits)
    return {kind: round(100 * sum(each) / max(1, len(each)), 1) for kind, each in right.items()}


def bleu(model: Any, pairs: Sequence[Pair]) -> float:
    """Of greedy translations; signs of both put to their words, as everyone writes them."""
    made = translate_lines(model, [source for source, _ in pairs], Settings())
    wanted = [put_together(target) for _, target in pairs]
    return round(sacrebleu.corpus_bleu([put_together(line) for line in made], [wanted]).score, 1)


def alignments(model: Any, sets: list[GoldSet]) -> dict[str, Any]:
    """Error rates on every set of the model's languages, and what is right among everyday words."""
    about = model.description
    languages = {about.source_language, about.target_language}
    found: dict[str, Any] = {}
    for each in sets:
        if set(each.languages) != languages:
            continue
        pairs, gold = each.turned(about.source_language)
        aligned = [one for one in align_pairs(model, pairs) if one is not None]
        assert len(aligned) == len(gold)
        row: dict[str, Any] = {
            which: rate([one.alignment.links(which) for one in aligned], gold)
            for which in DIRECTIONS
        }
        row["nats"] = round(sum(one.loss_nats for one in aligned) / len(aligned), 2)
        if each.everyday:
            row["right"] = kinds_right(aligned, pairs, gold, about.target_language)
        found[each.name] = row
    return found


def translations(
    model: Any, sets: list[GoldSet], corpora: Path | None, count: int
) -> dict[str, Any]:
    """Nats a token and BLEU on everyday pairs and news, and BLEU of the news by length."""
    about = model.description
    foreign = ({about.source_language, about.target_language} - {"English"}).pop()
    swap = about.source_language == "English"
    tests: dict[str, list[Pair]] = {}
    for each in sets:
        if each.everyday and foreign in each.languages:
            together = [(put_together(a), put_together(b)) for a, b in each.pairs]
            tests["everyday"] = [(b, a) for a, b in together] if swap else together
    if corpora is not None:
        news = read_pairs([corpora / f"{foreign.lower()}.test.tsv.xz"], swap)
        tests["news"] = news[:: max(1, len(news) // count)]
    found: dict[str, Any] = {
        name: {
            "sentences": len(pairs),
            "nats": round(held_out_loss(model, pairs), 3),
            "bleu": bleu(model, pairs),
        }
        for name, pairs in tests.items()
    }
    if "news" in tests:
        everything = (
            read_pairs([corpora / f"{foreign.lower()}.test.tsv.xz"], swap) if corpora else []
        )
        found["by length"] = []
        for low, high in BINS:
            fitting = [pair for pair in everything if low <= len(pair[0].split()) <= high]
            fitting = fitting[:: max(1, len(fitting) // (count // 3))]
            found["by length"].append(
                {"words": [low, high], "sentences": len(fitting), "bleu": bleu(model, fitting)}
            )
    return found


def measured(
    path: Path, sets: list[GoldSet], corpora: Path | None, count: int
) -> dict[str, Any] | None:
    """Everything about one model; None for one that does not say which languages it knows."""
    model = open_model(path, kind="translator").model
    about = model.description
    if "English" not in (about.source_language, about.target_language):
        return None
    found: dict[str, Any] = {
        "languages": f"{about.source_language} to {about.target_language}",
        "attention": about.attention,
        "order": about.order,
        "guided": about.guided,
    }
    if about.attention != "none":
        found["alignments"] = alignments(model, sets)
    found["translations"] = translations(model, sets, corpora, count)
    return found


def tell(name: str, found: dict[str, Any]) -> None:
    """One model's figures."""
    how = found["attention"]
    if how != "none":
        how += f" {found['order']}" + (f", guided {found['guided']:g}" if found["guided"] else "")
    print(f"\n{name} ({found['languages']}, {how})")
    for title, row in found.get("alignments", {}).items():
        rates = " / ".join(f"{row[which]:.1f}" for which in DIRECTIONS)
        print(f"  {title}: {rates} by {' / '.join(DIRECTIONS)}; {row['nats']:.2f} nats a token")
        if "right" in row:
            right = ", ".join(f"{kind} {share:.0f} %" for kind, share in row["right"].items())
            print(f"    looking at a possible link: {right}")
    for title, row in found["translations"].items():
        if title == "by length":
            bins = ", ".join(f"{a}-{b}: {r['bleu']}" for r in row for a, b in [r["words"]])
            print(f"  news BLEU by words of the source: {bins}")
        else:
            print(
                f"  {title}: BLEU {row['bleu']}, {row['nats']} nats a token "
                f"({row['sentences']:,} sentences)"
            )


def main() -> None:
    """Measure the baselines and every model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--corpora", type=Path)
    parser.add_argument("--sentences", type=int, default=600, help="of the news tests, for BLEU")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--baselines", type=Path, help="an earlier --json, for its baselines")
    parser.add_argument("--no-baselines", action="store_true", help="models alone")
    arguments = parser.parse_args()
    sets = gold_sets(arguments.data)
    results: dict[str, Any] = {"models": {}}
    if arguments.no_baselines:
        results["baselines"] = {}
    elif arguments.baselines:
        results["baselines"] = json.loads(arguments.baselines.read_text())["baselines"]
    else:
        results["baselines"] = baselines(sets, arguments.corpora)
    for name, rates in results["baselines"].items():
        print(f"{name}: " + ", ".join(f"{who} {value}" for who, value in rates.items()))
    for path in arguments.models or sorted(MODELS.glob("*-*.safetensors")):
        try:
            found = measured(path, sets, arguments.corpora, arguments.sentences)
        except Exception as error:  # a model of another kind lies in the same folder
            if arguments.models:
                raise
            print(f"\n{path.name} is passed over: {error}")
            continue
        if found is not None:
            name = path.stem if path.parent.name != "checkpoints" else path.parent.parent.name
            results["models"][name] = found
            tell(name, found)
        if arguments.json:
            arguments.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
