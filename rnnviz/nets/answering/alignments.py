"""Tasks on translation models: open, translate, whole files, near words, units of both halves."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import numpy as np

from rnnviz.core.alignments.decoded import BeamNode, Decoded, Likely
from rnnviz.core.alignments.files.parallel_corpus import (
    read_pairs,
    words_between_blanks,
)
from rnnviz.core.alignments.links import write_links
from rnnviz.core.alignments.statistical_aligner import align_words
from rnnviz.core.alignments.words.tokens import word_groups
from rnnviz.core.errors import RnnvizError
from rnnviz.core.files.writing import write_atomically
from rnnviz.core.models.translation import END_ID, UNKNOWN_ID
from rnnviz.core.sequences.texts.lines import read_lines
from rnnviz.nets.alignments.aligning import align_pairs
from rnnviz.nets.alignments.decoding.hypotheses import Hypothesis
from rnnviz.nets.alignments.decoding.settings import Settings
from rnnviz.nets.alignments.effects import effects_on_words
from rnnviz.nets.alignments.networks.embeddings import nearest_words as words_near
from rnnviz.nets.alignments.networks.model import TranslationModel
from rnnviz.nets.alignments.recording import record_translation
from rnnviz.nets.alignments.sentences import (
    Sentence,
    force_target,
    forced_ids,
    translate_many,
)
from rnnviz.nets.alignments.sentences import translate as translate_sentence
from rnnviz.nets.alignments.state_index import index_states, spread
from rnnviz.nets.opened import OpenedModel, by_request
from rnnviz.work.jobs.alignments import (
    AlignCorpus,
    CorpusAligned,
    CorpusRow,
    CorpusTable,
    CorpusTranslated,
    EffectsMeasured,
    IndexStates,
    MeasureEffects,
    Near,
    NearestWords,
    Search,
    StatesIndexed,
    TokensSoFar,
    Translate,
    TranslateCorpus,
    Translated,
    TranslationWalked,
    WalkTranslation,
    WordsNear,
)
from rnnviz.work.messages import Context


def settings_of(search: Search, opened: OpenedModel) -> Settings:
    """How to decode: tokens become ids."""
    forced, forbidden = forced_ids(opened.model.target, dict(search.forced), search.whole)
    return Settings(
        beam=search.beam,
        length_penalty=search.length_penalty,
        coverage_penalty=search.coverage_penalty,
        temperature=search.temperature,
        sampling_temperature=search.sampling_temperature,
        seed=search.seed,
        forced=forced,
        forbidden=forbidden,
        weights={step: dict(given) for step, given in search.weights.items()},
        from_step=search.from_step,
    )


def translate(opened: OpenedModel, request: Translate, context: Context[TokensSoFar]) -> Translated:
    """Translate a sentence; tables go to the folder, progress brings the tokens so far."""
    if request.target is not None:
        sentence = force_target(opened.model, request.source, request.target)
    else:
        sentence = translate_sentence(
            opened.model,
            request.source,
            settings_of(request.search, opened),
            keep=True,
            progress=lambda tokens: context.progress(len(tokens), 0, TokensSoFar(tuple(tokens))),
        )
    chosen, shown = sentence.chosen, opened.model.target.shown
    decoded = Decoded(
        source=tuple(sentence.source),
        target=tuple(sentence.target),
        text=sentence.text,
        unknown=tuple(
            place for place, i in enumerate(sentence.translated.source) if i == UNKNOWN_ID
        ),
        log_p=tuple(chosen.log_p.tolist()),
        likely=tuple(
            tuple(map(Likely, shown(ids.tolist()), ps.tolist()))
            for ids, ps in zip(chosen.top_ids, chosen.top_p, strict=True)
        ),
        files=write_tables(sentence, Path(request.folder)),
        tree=tree_nodes(opened, sentence),
    )
    return Translated(decoded=decoded, score=chosen.score, finished=chosen.finished)


def measure_effects(
    opened: OpenedModel, request: MeasureEffects, context: Context[None]
) -> EffectsMeasured:
    """Write what each source place does to each word of the translation that is asked for."""
    model = opened.model
    if not isinstance(model, TranslationModel):
        raise RnnvizError(
            f"what words of a {opened.format_title} do is not measured; its weights can be seen"
        )
    settings = settings_of(request.search, opened)
    if request.target is not None:
        sentence = force_target(model, request.source, request.target)
    else:
        sentence = translate_sentence(model, request.source, settings)
    tokens = [(at, at + 1) for at in range(len(sentence.source))]
    words = list(word_groups(sentence.source))
    groups = list(dict.fromkeys([*tokens, *words]))
    found = effects_on_words(
        model,
        sentence.translated.source,
        sentence.chosen.ids,
        groups,
        settings,
        context.progress,
    )
    folder, files = Path(request.folder), {}
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in found.items():
        for ending, columns in (("", tokens), ("-words", words)):
            path = folder / f"{name}{ending}.npy"
            places = [groups.index(group) for group in columns]
            np.save(path, table[:, places].numpy().astype(np.float32))
            files[f"{name}{ending}"] = str(path)
    return EffectsMeasured(files)


def write_tables(sentence: Sentence, folder: Path) -> dict[str, str]:
    """Write what was looked at and what was thought, one `.npy` file a table; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    chosen: Hypothesis = sentence.chosen
    tables = {
        "weights": chosen.weights,
        "energies": chosen.energies,
        "context": chosen.context,
        "encoder": sentence.translated.encoded,
        "decoder": chosen.hidden,
    }
    files = {}
    for name, table in tables.items():
        if table is not None:
            path = folder / f"{name}.npy"
            np.save(path, table.numpy().astype(np.float32))
            files[name] = str(path)
    return files


def tree_nodes(opened: OpenedModel, sentence: Sentence) -> tuple[BeamNode, ...]:
    """The nodes of the beam's tree, each with its place as `id`."""
    nodes = sentence.translated.tree
    tokens = opened.model.target.shown([node.token for node in nodes])
    return tuple(
        BeamNode(place, node.parent, token, node.score, node.kept)
        for place, (node, token) in enumerate(zip(nodes, tokens, strict=True))
    )


def translate_corpus(
    opened: OpenedModel, request: TranslateCorpus, context: Context[None]
) -> CorpusTranslated:
    """Translate the lines of the file `path`; rows with confidence, coverage and length, in a file.

    Of a line with tabs the first column is translated; empty lines are left out.
    """
    lines = [line.split("\t")[0] for line in read_lines(Path(request.path))]
    settings = settings_of(request.search, opened)
    found = translate_many(opened.model, lines, settings, context.progress)
    rows = [
        CorpusRow(
            line,
            sentence.text,
            sentence.confidence,
            sentence.coverage,
            len(sentence.target) / len(sentence.source),
            number,
        )
        for number, (line, sentence) in enumerate(zip(lines, found, strict=True), 1)
        if sentence is not None
    ]
    path = Path(request.folder) / "corpus.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, msgspec.json.encode(rows))
    return CorpusTranslated(str(path), len(rows))


def align_corpus(
    opened: OpenedModel, request: AlignCorpus, context: Context[None]
) -> CorpusAligned:
    """Align the translations in the files `pairs`; links in Pharaoh format in a file in `folder`.

    `direction` and `threshold` say how weights become links (`core.alignments.DIRECTIONS`).
    """
    pairs = read_pairs([Path(path) for path in request.pairs], request.swap)
    found = align_pairs(opened.model, pairs, progress=context.progress)
    chosen = request.direction, request.threshold
    links = [one.alignment.links(*chosen) if one else frozenset() for one in found]
    losses = [one.loss_nats for one in found if one is not None]
    path = Path(request.folder) / "links.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_links(path, links)
    beside = ""
    if request.aligner:
        beside = str(path.with_name("aligner.txt"))
        words = [
            (words_between_blanks(a.lower()), words_between_blanks(b.lower())) for a, b in pairs
        ]
        straight = [both.links() for both in align_words(words)]
        turned = [frozenset((b, a) for a, b in one) for one in straight]
        write_links(Path(beside), turned if request.swap else straight)
    tables: list[CorpusTable] = []
    for number, (one, (_, text)) in enumerate(zip(found, pairs, strict=True)):
        if one is None or len(tables) == request.tables:
            continue
        table = path.with_name(f"weights-{number}.npy")
        np.save(table, one.alignment.weights)
        source, target = one.alignment.source, one.alignment.target
        tables.append(CorpusTable(str(table), source, target, text))
    mean = sum(losses) / len(losses) if losses else math.nan
    return CorpusAligned(str(path), len(pairs), mean, beside, tuple(tables))


def nearest_words(opened: OpenedModel, request: NearestWords, context: Context[None]) -> WordsNear:
    """The words whose embeddings lie nearest to that of `word`, on the `side` source or target."""
    words = words_near(opened.model, request.side, request.word, request.count)
    return WordsNear(request.word, tuple(Near(word, cosine) for word, cosine in words))


def index_the_states(
    opened: OpenedModel, request: IndexStates, context: Context[None]
) -> StatesIndexed:
    """Write the states at every token of pairs from all over the corpus."""
    if not isinstance(opened.model, TranslationModel):
        raise RnnvizError(f"the states of a {opened.format_title} are not compared with others")
    pairs = read_pairs([Path(path) for path in request.pairs], request.swap)
    chosen = spread(pairs, request.most)
    count = index_states(opened.model, chosen, Path(request.folder), context.progress)
    return StatesIndexed(request.folder, count, len(pairs))


def walk_translation(
    opened: OpenedModel, request: WalkTranslation, context: Context[None]
) -> TranslationWalked:
    """Record encoder and decoder while they read `source` and write `target`, in `folder`."""
    if not isinstance(opened.model, TranslationModel):
        raise RnnvizError(
            f"the units of a {opened.format_title} are not recorded; its alignment can be inspected"
        )
    target = request.target
    if target:
        ids = opened.model.target.encode(target)
        settings = Settings(forced=dict(enumerate([*ids, END_ID])), longest=len(ids) + 1)
    else:
        settings = Settings()
    sentence = translate_sentence(opened.model, request.source, settings, keep=True)
    folder = Path(request.folder)
    tokens = record_translation(opened.model, sentence, folder, request.model.path)
    return TranslationWalked(str(folder), tokens)


MODEL_JOBS = by_request(
    translate,
    measure_effects,
    translate_corpus,
    align_corpus,
    nearest_words,
    index_the_states,
    walk_translation,
)
"""Asked of a translation model."""
