"""Draws what four translators make of fifteen everyday sentences each, to be judged by eye.

`python benchmarks/fifteen_sentences.py FOLDER` writes a page for each translator with the lines and
the table of every sentence, and prints the source word that each word of the translation looks at
most. Whether that is right, somebody who knows both languages has to say; docs/alignments.md holds
what was found on what ships.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from rnnviz.commands.shared.in_process import opened, run_task
from rnnviz.core.alignments.words.tokens import is_mark
from rnnviz.core.colours.weight_colours import weights_scale
from rnnviz.core.export.alignments.figure import DrawnAlignment
from rnnviz.core.export.alignments.files import write_alignments
from rnnviz.core.system import places
from rnnviz.work.jobs.alignments import Search, Translate
from rnnviz.work.jobs.given import ModelGiven

FRENCH = (
    "Où est la gare ?",
    "Je voudrais un café, s'il vous plaît.",
    "Elle a acheté une petite maison au bord de la mer.",
    "Nous ne savons pas pourquoi il est parti.",
    "Mon frère travaille dans un grand hôpital.",
    "Il fait très froid aujourd'hui.",
    "Les enfants jouent dans le jardin.",
    "As-tu vu mon chapeau noir ?",
    "Je lui ai donné le livre hier soir.",
    "Cette voiture rouge est trop chère pour moi.",
    "Le train part à huit heures.",
    "Quelqu'un a fermé la porte.",
    "J'ai oublié mes clés à la maison.",
    "Elle parle trois langues étrangères.",
    "Ne touche pas à mon ordinateur !",
)
ENGLISH = (
    "Where is the station?",
    "I would like a coffee, please.",
    "She bought a small house by the sea.",
    "We don't know why he left.",
    "My brother works in a big hospital.",
    "It is very cold today.",
    "The children are playing in the garden.",
    "Have you seen my black hat?",
    "I gave him the book last night.",
    "This red car is too expensive for me.",
    "The train leaves at eight o'clock.",
    "Somebody closed the door.",
    "I forgot my keys at home.",
    "She speaks three foreign languages.",
    "Don't touch my computer!",
)
SPANISH = (
    "¿Dónde está la estación?",
    "Quisiera un café, por favor.",
    "Ella compró una casa pequeña cerca del mar.",
    "No sabemos por qué se fue.",
    "Mi hermano trabaja en un hospital grande.",
    "Hoy hace mucho frío.",
    "Los niños están jugando en el jardín.",
    "¿Has visto mi sombrero negro?",
    "Le di el libro anoche.",
    "Este coche rojo es demasiado caro para mí.",
    "El tren sale a las ocho.",
    "Alguien cerró la puerta.",
    "Olvidé mis llaves en casa.",
    "Ella habla tres lenguas extranjeras.",
    "¡No toques mi ordenador!",
)
ASKED = {
    "french-english": FRENCH,
    "english-french": ENGLISH,
    "spanish-english": SPANISH,
    "english-spanish": ENGLISH,
}


def draw(name: str, sentences: tuple[str, ...], page: Path) -> None:
    """Translate them, print the heaviest source word of each word, and write the page."""
    path = places.models() / f"{name}.safetensors"
    opened(path, None, job=Translate)
    drawn = []
    print(name)
    with tempfile.TemporaryDirectory() as folder:
        for number, sentence in enumerate(sentences):
            asked = Translate(
                model=ModelGiven(str(path)),
                source=sentence,
                search=Search(beam=5),
                folder=str(Path(folder) / str(number)),
            )
            decoded = run_task(asked).decoded
            words = decoded.word_alignment
            pairs = [
                f"{token}<{words.source[int(row.argmax())]}"
                for token, row in zip(words.target, words.weights, strict=True)
                if not is_mark(token)
            ]
            print(f"  {number + 1}. {sentence} | {decoded.text}\n     {'  '.join(pairs)}")
            scale = weights_scale(words.weights)
            drawn.append(DrawnAlignment(words, decoded.text, sentence, scale=scale))
    write_alignments(page, drawn)


def main(folder: Path) -> None:
    """A page for each translator."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, sentences in ASKED.items():
        draw(name, sentences, folder / f"{name}.html")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
