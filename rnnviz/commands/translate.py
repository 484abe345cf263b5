"""Translate a sentence, or every line of a file, and show or write where each word looked.

The name's ending says how the alignment of a sentence is written: .svg, .png, .csv, .tex or .html.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rnnviz.commands.shared.alignments import check_target, count_drawn, write_titled
from rnnviz.commands.shared.in_process import opened, run_task, run_with_progress
from rnnviz.commands.shared.inputs import add_word_lists, file_given
from rnnviz.commands.shared.number_types import number, whole
from rnnviz.commands.shared.output import Facts, print_json
from rnnviz.core.alignments.words.tokens import begun
from rnnviz.core.errors import TextError
from rnnviz.core.files.given_path import given_path
from rnnviz.core.files.writing import save_file

if TYPE_CHECKING:
    from rnnviz.core.alignments.decoded import Decoded
    from rnnviz.core.alignments.state_index import NearState
    from rnnviz.core.models.translation import TranslatorTold
    from rnnviz.work.jobs.alignments import Search, Translate, Translated
    from rnnviz.work.jobs.given import ModelGiven

    NearStates = dict[str, list[tuple[str, list[NearState]]]]

_NEAR = 5
"""Pairs for each token."""

EXAMPLES = """
  rnnviz translate models/french-english.safetensors "Où est la gare ?"
  rnnviz translate models/french-english.safetensors "Où est la gare ?" --to gare.svg
  rnnviz translate models/french-english.safetensors "Il dort." --force 0=She --weight 1:0=0
  rnnviz translate models/french-english.safetensors --file lines.txt -o translated.txt
  rnnviz translate french-english "Je suis étudiant." --target "I am a student."
  rnnviz translate french-english "Je suis étudiant." --steps steps.html
  rnnviz translate french-english "Je suis étudiant." --near pairs.tsv
  rnnviz translate encoder.pt --sentences eng-est.txt "he is tired ." "i am here ."
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """A model, what to translate, and how."""
    parser.add_argument("model", type=file_given, metavar="MODEL", help="a translation model")
    parser.add_argument(
        "sentence",
        nargs="*",
        metavar="SENTENCE",
        help="what to translate, in quotes; each argument is a sentence of its own",
    )
    parser.add_argument(
        "--file", type=given_path, metavar="FILE", help="translate every line of it"
    )
    parser.add_argument(
        "-o", "--output", type=given_path, metavar="FILE", help="write the lines here"
    )
    parser.add_argument(
        "--to",
        type=given_path,
        metavar="FILE",
        help="write the alignment here; of many lines as .html",
    )
    parser.add_argument(
        "--target",
        metavar="SENTENCE",
        help="this translation is given: how likely the model finds it, and where it looks",
    )
    parser.add_argument(
        "--steps",
        type=given_path,
        metavar="FILE",
        help="draw the decoder word for word: .html all steps, .svg or .png one of them",
    )
    parser.add_argument(
        "--step", type=whole, metavar="N", help="for --steps: after so many tokens (default: all)"
    )
    parser.add_argument(
        "--effects",
        action="store_true",
        help="measure what each source word does to each word: its weight erased, gradient times "
        "input, the word left out; and how far the attention agrees",
    )
    parser.add_argument(
        "--near",
        type=given_path,
        metavar="PAIRS",
        help="for each token the sentence pairs of this file, 2,000 at most from all over it, at "
        "which the model was in a state most like that one",
    )
    parser.add_argument(
        "--swap", action="store_true", help="for --near: the second column is the language read"
    )
    parser.add_argument("--dark", action="store_true", help="for --steps: on dark paper")
    parser.add_argument(
        "--beam", type=whole, default=5, metavar="N", help="1 is greedy (default: 5)"
    )
    parser.add_argument("--length-penalty", type=number, default=0.6, metavar="X")
    parser.add_argument("--coverage-penalty", type=number, default=0.0, metavar="X")
    parser.add_argument(
        "--temperature",
        type=number,
        default=1.0,
        metavar="X",
        help="of the attention: above 1 flatter, below 1 sharper",
    )
    parser.add_argument(
        "--sample", type=number, default=0.0, metavar="X", help="draw at this temperature"
    )
    parser.add_argument("--seed", type=whole, default=0, metavar="N", help="for --sample")
    parser.add_argument(
        "--force",
        action="append",
        default=[],
        type=_forced,
        metavar="STEP=WORD",
        help="this word must come at this step, from 0; it stands alone unless dots follow it: "
        "3=er is “er”, 3=er... may become “error”; may be given again",
    )
    parser.add_argument(
        "--weight",
        action="append",
        default=[],
        type=_weight,
        metavar="STEP:PLACE=X",
        help="this weight must lie on this source place at this step; 0 erases it",
    )
    add_word_lists(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(arguments: argparse.Namespace) -> int:
    """Translate."""
    sentences = list(arguments.sentence)
    _check(arguments, len(sentences))
    from rnnviz.core.models.translation import TranslatorTold
    from rnnviz.work.jobs.alignments import Translate

    model = opened(arguments.model, None, arguments.sentences, job=Translate)
    told = TranslatorTold.of(model.description)
    if told.target.kind == "subwords":
        # Whoever types a word means one that begins there, not the end of another.
        arguments.force = [(step, begun(word), whole) for step, word, whole in arguments.force]
    for note in model.notes:
        print(f"{arguments.model.name}: {note}", file=sys.stderr)
    if arguments.file:
        return _file(arguments)
    if len(sentences) > 1:
        return _sentences(arguments, sentences)
    return _sentence(arguments, told)


def _check(arguments: argparse.Namespace, count: int) -> None:
    """Refuse options that do not go together.

    Args:
        count: how many sentences are given.

    Raises:
        TextError: naming them.
    """
    if bool(arguments.sentence) == bool(arguments.file):
        raise TextError("give a sentence, or a file with --file; one of the two")
    one_only = ("target", "steps", "effects", "near", "force", "weight")
    if count > 1 and any(getattr(arguments, name) for name in one_only):
        raise TextError(
            "--target, --steps, --effects, --near, --force and --weight are about one sentence: "
            "give one"
        )
    many = "the lines of a file" if arguments.file else "several sentences"
    if arguments.to:
        check_target(arguments.to, many if arguments.file or count > 1 else "")
    if arguments.file and any(getattr(arguments, name) for name in one_only[:4]):
        raise TextError(
            "--target, --steps, --effects and --near are about one sentence: leave --file out"
        )
    if arguments.effects and arguments.sample:
        raise TextError(
            "--effects measures what is searched, not what is drawn: leave --sample out"
        )
    if arguments.target and (arguments.force or arguments.weight or arguments.sample):
        raise TextError("a translation that is given leaves nothing to force, weigh or draw")
    if arguments.steps:
        from rnnviz.core.alignments.steps.step_page import check_steps_ending

        check_steps_ending(arguments.steps)
        if not arguments.steps.absolute().parent.is_dir():
            raise TextError(f"cannot write {arguments.steps}: there is no such folder; make it")


def _sentences(arguments: argparse.Namespace, sentences: list[str]) -> int:
    """Translate several sentences, one after the other."""
    facts, drawn = [], []
    with tempfile.TemporaryDirectory() as folder:
        for number, sentence in enumerate(sentences):
            changes = {"sampling_temperature": arguments.sample, "seed": arguments.seed}
            asked = _asked(arguments, sentence, f"{folder}/{number}", **changes)
            found = run_task(asked)
            facts.append(_facts(found))
            if not arguments.json:
                print(found.decoded.text)
                print(_shown(found.decoded), file=sys.stderr)
            drawn += [found.decoded] if found.decoded.has_attention else []
        if arguments.json:
            print_json({"sentences": facts})
        if arguments.to and drawn:
            write_titled(arguments.to, [(one.alignment, one.text) for one in drawn])
    return 0


def _sentence(arguments: argparse.Namespace, told: TranslatorTold) -> int:
    with tempfile.TemporaryDirectory() as folder:
        asked = _asked(
            arguments,
            arguments.sentence[0],
            folder,
            sampling_temperature=arguments.sample,
            seed=arguments.seed,
            forced={
                **_before(arguments, folder),
                **{step: word for step, word, _ in arguments.force},
            },
            whole=tuple(step for step, _, whole in arguments.force if whole),
            weights=_by_step(arguments.weight),
        )
        found = run_task(asked)
        decoded = _with_effects(asked, found.decoded) if arguments.effects else found.decoded
        near = _near(arguments, decoded, f"{folder}/near") if arguments.near else {}
        if arguments.json:
            effects = _effects(decoded) if arguments.effects else {}
            print_json(
                {**_facts(found), **effects, **({"near": _near_facts(near)} if near else {})}
            )
        else:
            print(arguments.target or decoded.text)
            print(_shown(decoded), file=sys.stderr)
            if arguments.target:
                print(decoded.likelihood, file=sys.stderr)
            if arguments.effects:
                _print_effects(decoded)
            if near:
                _print_near(near)
        if arguments.to:
            write_titled(arguments.to, [(decoded.alignment, decoded.text)])
        if arguments.steps:
            _draw_steps(arguments, decoded, told)
    return 0


def _near(arguments: argparse.Namespace, decoded: Decoded, folder: str) -> NearStates:
    """By the side, each token with its nearest states at the pairs of the file."""
    from rnnviz.core.alignments.state_index import SIDES, StateIndex
    from rnnviz.work.jobs.alignments import IndexStates

    asked = IndexStates(
        model=_model(arguments), pairs=(str(arguments.near),), folder=folder, swap=arguments.swap
    )
    index = StateIndex.read(Path(run_task(asked).folder))
    tokens = {"encoder": decoded.source, "decoder": decoded.target}
    return {
        side: [
            (token, index.nearest(side, state, _NEAR))
            for token, state in zip(tokens[side], decoded.layer(side), strict=True)
        ]
        for side in SIDES
    }


def _near_facts(near: NearStates) -> Facts:
    return {
        side: [
            {
                "token": token,
                "pairs": [
                    {
                        "cosine": one.cosine,
                        "place": one.place,
                        "source": one.pair.source_text,
                        "target": one.pair.target_text,
                    }
                    for one in found
                ],
            }
            for token, found in tokens
        ]
        for side, tokens in near.items()
    }


def _print_near(near: NearStates) -> None:
    """For each token the pair with the nearest state, its word in brackets."""
    from rnnviz.core.alignments.state_index import SIDES, marked_sentence
    from rnnviz.core.alignments.words.tokens import shown_token

    width = min(20, max(len(token) for tokens in near.values() for token, _ in tokens))
    for side, tokens in near.items():
        print(f"{SIDES[side]}:", file=sys.stderr)
        for token, found in tokens:
            for one in found[:1]:
                read = one.pair.source if side == "encoder" else one.pair.target
                before, word, after = marked_sentence(read, one.place)
                name = shown_token(token).ljust(width)
                print(f"  {name}  {one.cosine:.3f}  {before}[{word}]{after}", file=sys.stderr)


def _with_effects(asked: Translate, decoded: Decoded) -> Decoded:
    """The same with the tables of what each source word does."""
    from msgspec.structs import replace

    from rnnviz.work.jobs.alignments import MeasureEffects

    measured = run_task(
        MeasureEffects(
            model=asked.model,
            source=asked.source,
            target=asked.target,
            search=asked.search,
            folder=asked.folder,
        )
    )
    return replace(decoded, files={**decoded.files, **measured.files})


def _effects(decoded: Decoded) -> Facts:
    from rnnviz.core.alignments.trust import EFFECTS

    tables = {
        name: decoded.effects(name, words=False).tolist()
        for name in EFFECTS
        if name in decoded.files
    }
    return {"effects": tables, "kendall_tau": decoded.effects_agree()}


def _print_effects(decoded: Decoded) -> None:
    """For each target token the source token that does most, by each measure; and the agreement."""
    import numpy as np

    from rnnviz.core.alignments.trust import EFFECTS, in_words
    from rnnviz.core.alignments.words.tokens import shown_token

    tables = {name: decoded.effects(name, words=False) for name in EFFECTS if name in decoded.files}
    width = min(20, max(len(token) for token in decoded.target))
    for row, token in enumerate(decoded.target):
        said = []
        for name, table in tables.items():
            values = np.nan_to_num(table[row])
            most = int(np.argmax(np.abs(values)))
            said.append(
                f"{EFFECTS[name].lower()} {shown_token(decoded.source[most])} {values[most]:+.2f}"
            )
        print(f"  {shown_token(token).ljust(width)}  {'  '.join(said)}", file=sys.stderr)
    if agreed := decoded.effects_agree():
        print(in_words(agreed), file=sys.stderr)


def _draw_steps(arguments: argparse.Namespace, decoded: Decoded, told: TranslatorTold) -> None:
    """Write the decoder at a step, or at all of them."""
    from rnnviz.core.alignments.steps.attention_steps import kind_of_attention, steps_of
    from rnnviz.views.alignments.saving import saving_steps
    from rnnviz.views.shared.saving import save_now

    last = len(decoded.target)
    if arguments.step is not None and not 0 <= arguments.step <= last:
        raise TextError(
            f"--step {arguments.step}: the translation has {last} tokens; take 0 to {last}"
        )
    kind = kind_of_attention(told, arguments.temperature)
    steps = steps_of(decoded, kind, frozenset((t, s) for t, s, _ in arguments.weight))
    save_now(saving_steps(arguments.steps, steps, arguments.step, arguments.dark))
    print(arguments.steps, file=sys.stderr)


def _facts(found: Translated) -> Facts:
    decoded = found.decoded
    return {
        "source_tokens": decoded.source,
        "unknown": list(decoded.unknown),
        "target_tokens": decoded.target,
        "text": decoded.text,
        "scores": decoded.log_p,
        "score": found.score,
        "log_p": sum(decoded.log_p),
        "finished": found.finished,
        "top": [[{"token": one.token, "p": one.p} for one in step] for step in decoded.likely],
        "weights": decoded.alignment.weights.tolist() if decoded.has_attention else None,
    }


def _before(arguments: argparse.Namespace, folder: str) -> dict[int, str]:
    """The tokens before the first step that is changed: they stay, as they do in the window."""
    changed = [step for step, *_ in (*arguments.force, *arguments.weight)]
    first = min(changed, default=0)
    if first == 0:
        return {}
    (sentence,) = arguments.sentence
    drawn = {"sampling_temperature": arguments.sample, "seed": arguments.seed}
    target = run_task(_asked(arguments, sentence, folder, **drawn)).decoded.target
    if first >= len(target):
        raise TextError(
            f"step {first} is changed; the translation has steps 0 to {len(target) - 1}: "
            f"{' '.join(target)}"
        )
    return dict(enumerate(target[:first]))


def _file(arguments: argparse.Namespace) -> int:
    import msgspec

    from rnnviz.core.sequences.texts.lines import read_lines
    from rnnviz.core.system.ready_types import ready
    from rnnviz.work.jobs.alignments import CorpusRow, TranslateCorpus

    with tempfile.TemporaryDirectory() as folder:
        asked = TranslateCorpus(
            model=_model(arguments),
            path=str(arguments.file),
            folder=folder,
            search=_search(arguments),
        )
        written = run_with_progress(asked, "translating", "sentences")
        rows = msgspec.json.decode(Path(written.path).read_bytes(), type=ready(list[CorpusRow]))
    if arguments.to:
        _page(arguments, [row.source for row in rows])
    if arguments.json:
        print_json({"rows": msgspec.to_builtins(rows)})
        return 0
    made = {row.line: row.target for row in rows}
    count = len(read_lines(arguments.file))
    text = "".join(f"{made.get(number, '')}\n" for number in range(1, count + 1))
    if arguments.output:
        save_file(arguments.output, text)
        print(f"{arguments.output}: {len(rows):,} sentences", file=sys.stderr)
    else:
        sys.stdout.write(text)
    return 0


def _page(arguments: argparse.Namespace, lines: list[str]) -> None:
    """One page with the alignment of every line, as many as one page holds."""
    shown = count_drawn(arguments.to, len(lines), "lines")
    decoded = []
    with tempfile.TemporaryDirectory() as folder:
        for number, line in enumerate(lines[:shown]):
            answer = run_task(_asked(arguments, line, f"{folder}/{number}")).decoded
            decoded += [answer] if answer.has_attention else []
        if not decoded:
            raise TextError(f"nothing to draw in {arguments.to.name}: no line has an alignment")
        write_titled(arguments.to, [(one.alignment, one.text) for one in decoded])


def _asked(arguments: argparse.Namespace, source: str, folder: str, **changes: Any) -> Translate:
    """What asks for a translation of this sentence, with these `changes` to the search."""
    import msgspec

    from rnnviz.work.jobs.alignments import Translate

    search = msgspec.structs.replace(_search(arguments), **changes)
    return Translate(
        model=_model(arguments),
        source=source,
        target=arguments.target,
        search=search,
        folder=folder,
    )


def _model(arguments: argparse.Namespace) -> ModelGiven:
    from rnnviz.work.jobs.given import ModelGiven

    return ModelGiven(str(arguments.model), sentences=str(arguments.sentences or ""))


def _search(arguments: argparse.Namespace) -> Search:
    from rnnviz.work.jobs.alignments import Search

    return Search(
        beam=1 if arguments.sample else arguments.beam,
        length_penalty=arguments.length_penalty,
        coverage_penalty=arguments.coverage_penalty,
        temperature=arguments.temperature,
    )


def _shown(decoded: Decoded) -> str:
    """Each target word with its probability and the source words that it looked at."""
    if not decoded.has_attention:
        return "(this model has no attention, so there is no alignment)"
    from math import exp

    from rnnviz.core.alignments.words.tokens import shown_token

    width = max((len(token) for token in decoded.target), default=1)
    marks = dict.fromkeys(decoded.unknown, "*")
    lines = []
    for token, log_p, row in zip(
        decoded.target, decoded.log_p, decoded.alignment.weights, strict=True
    ):
        order = sorted(range(len(row)), key=lambda place: -row[place])[:3]
        looked = "  ".join(
            f"{shown_token(decoded.source[place])}{marks.get(place, '')} {row[place]:.2f}"
            for rank, place in enumerate(order)
            if rank == 0 or row[place] >= 0.05
        )
        lines.append(f"  {shown_token(token).ljust(min(width, 20))}  {exp(log_p):4.2f}  {looked}")
    if decoded.unknown:
        words = ", ".join(decoded.source[place] for place in decoded.unknown)
        lines.append(f"  * unknown to the model, which reads all such words alike: {words}")
    return "\n".join(lines)


def _by_step(weights: list[tuple[int, int, float]]) -> dict[int, dict[int, float]]:
    found: dict[int, dict[int, float]] = {}
    for step, place, value in weights:
        found.setdefault(step, {})[place] = value
    return found


def _forced(words: str) -> tuple[int, str, bool]:
    """The step, the word, and whether it must not go on: dots behind it let it."""
    step, equals, word = words.partition("=")
    if not (step.isdecimal() and equals and word):
        raise argparse.ArgumentTypeError(f"{words!r} forces nothing; write STEP=WORD, as in 0=She")
    stem = word.removesuffix("...").removesuffix("…") or word
    return int(step), stem, stem == word


def _weight(words: str) -> tuple[int, int, float]:
    where, equals, value = words.partition("=")
    step, colon, place = where.partition(":")
    weight = number(value) if equals else -1.0
    if not (step.isdecimal() and place.isdecimal() and colon and 0 <= weight <= 1):
        raise argparse.ArgumentTypeError(
            f"{words!r} is no weight; write STEP:PLACE=X with X from 0 to 1, as in 2:0=0.5"
        )
    return int(step), int(place), weight
