"""Files in the encodings that people have: one bad byte costs one character, and it is said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rnnviz.core.errors import TextError
from rnnviz.core.sequences.text import Text
from rnnviz.core.sequences.texts.lines import read_lines

_LETTERS = "“Où est la gare ?” « Là-bas, à côté du café — naïf ! » Größe, señor…\n" * 4


def read(tmp_path: Path, raw: bytes) -> Text:
    (tmp_path / "a.txt").write_bytes(raw)
    return Text.read(tmp_path / "a.txt")


@pytest.mark.parametrize(
    ("raw", "how"),
    [
        (_LETTERS.encode(), "UTF-8"),
        (b"\xef\xbb\xbf" + _LETTERS.encode(), "UTF-8"),
        (_LETTERS.encode("utf-16"), "UTF-16"),
        (b"\xfe\xff" + _LETTERS.encode("utf-16-be"), "UTF-16"),
        (_LETTERS.encode("utf-32"), "UTF-32"),
        (_LETTERS.encode("windows-1252"), "Windows-1252"),
    ],
)
def test_every_encoding_gives_the_same_characters(tmp_path: Path, raw: bytes, how: str) -> None:
    text = read(tmp_path, raw)
    assert str(text) == _LETTERS
    assert text.how == how


def test_one_bad_byte_costs_one_character(tmp_path: Path) -> None:
    raw = _LETTERS.encode()
    at = raw.index("ô".encode())
    text = read(tmp_path, raw[:at] + b"\xff" + raw[at:])
    assert str(text).count("�") == 1
    assert str(text).replace("�", "") == _LETTERS
    assert text.how == "UTF-8, 1 damaged place"


@pytest.mark.parametrize("end", ["…", "𝄞"])
def test_a_file_that_is_cut_inside_a_letter(tmp_path: Path, end: str) -> None:
    text = read(tmp_path, b"plain words " + end.encode()[:-1])
    assert str(text) == "plain words �"
    assert text.how == "UTF-8, 1 damaged place"


def test_a_byte_that_windows_1252_does_not_have_costs_one_character(tmp_path: Path) -> None:
    text = read(tmp_path, "\u201cno\u201d, he said ".encode("windows-1252") * 9 + b"\x81")
    assert text.how == "Windows-1252, 1 damaged place"
    assert str(text).startswith("\u201cno\u201d")
    assert str(text).endswith("\ufffd")


def test_what_windows_1252_does_not_have_is_latin_1(tmp_path: Path) -> None:
    text = read(tmp_path, b"na\xefve \x81 caf\xe9")
    assert text.how == "Latin-1"
    assert str(text) == "naïve \x81 café"


@pytest.mark.parametrize(
    "letters", [_LETTERS, "счастливые семьи\n" * 9, "小明看见了一条狗。\n" * 9]
)
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_a_text_whose_mark_is_missing_is_named(tmp_path: Path, letters: str, encoding: str) -> None:
    name = encoding[:6].upper()
    with pytest.raises(TextError, match=f"a.txt looks like {name} without the mark .* as UTF-8"):
        read(tmp_path, letters.encode(encoding))


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    weights = np.random.default_rng(0).normal(size=3000)
    for kind in (np.float16, np.float32, np.float64):
        with pytest.raises(TextError, match="holds zero bytes"):
            read(tmp_path, b"\0" + weights.astype(kind).tobytes())
    for raw in (bytes(range(256)), b"\1\0" * 90, b"\0", np.arange(99, dtype="<i4").tobytes()):
        with pytest.raises(TextError, match="holds zero bytes"):
            read(tmp_path, raw)


def test_a_zero_byte_costs_one_character(tmp_path: Path) -> None:
    raw = _LETTERS.encode()
    text = read(tmp_path, raw[:50] + b"\0" + raw[50:])
    assert str(text).replace("\0", "") == _LETTERS
    assert text.how == "UTF-8, 1 zero byte"


@pytest.mark.parametrize("letters", ["plain", "größer"])
def test_line_ends_of_every_kind_give_the_same_lines(tmp_path: Path, letters: str) -> None:
    lines = [letters, "two", "", "four"]
    unix = read(tmp_path, "\n".join(lines).encode())
    old = read(tmp_path, "\r".join(lines).encode())
    dos = read(tmp_path, "\r\n".join(lines).encode())
    assert str(old) == str(unix)
    assert old.how.endswith("carriage returns read as line ends")
    assert len(unix.line_starts) == len(old.line_starts) == len(dos.line_starts) == 4
    assert str(dos).replace("\r", "") == str(unix)


def test_one_line_feed_at_the_end_makes_no_returns_into_letters(tmp_path: Path) -> None:
    """As an editor leaves a file of an old Mac."""
    for block in (1, 5, 1 << 22):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("rnnviz.core.sequences.text._BLOCK", block)
            text = read(tmp_path, b"one\rtwo\r\nthree\rfour\rfive\n")
            assert str(text) == "one\ntwo\r\nthree\nfour\nfive\n"
            assert text.how == "ASCII, carriage returns read as line ends"
    assert read_lines(tmp_path / "a.txt") == ["one", "two", "three", "four", "five"]


@pytest.mark.parametrize(
    ("letters", "encoding"),
    [
        ("счастливые семьи похожи друг на друга", "cp1251"),
        ("счастливые семьи похожи друг на друга", "koi8-r"),
        ("счастливые семьи похожи друг на друга", "cp866"),
        ("καλημέρα κόσμε, τι κάνεις σήμερα;", "cp1253"),
        ("שלום עולם, מה שלומך היום?", "cp1255"),
        ("吾輩は猫である。名前はまだ無い。", "euc-jp"),
        ("小明看见了一条狗，他很高兴", "gbk"),
    ],
)
def test_letters_of_another_script_read_wrongly_are_said(
    tmp_path: Path, letters: str, encoding: str
) -> None:
    text = read(tmp_path, letters.encode(encoding) * 3)
    assert text.how.startswith(
        ("Windows-1252, which it may not be", "Latin-1, which it may not be")
    )


@pytest.mark.parametrize(
    "letters",
    [
        "Füße grüßen süße Größe.",
        "« Où est l’été ? » créée à Noël…",
        "það er þú því ég",
        "l´été col·lecció 5 m² don‘t",
        "L’œuvre – déjà\xa0vu",
        "Í Zürich sagði Ásgeir að það væri þá, þótt þú færir við sjó.",
    ],
)
def test_of_western_languages_nothing_is_doubted(tmp_path: Path, letters: str) -> None:
    assert read(tmp_path, letters.encode("windows-1252") * 9).how == "Windows-1252"


@pytest.mark.parametrize(
    ("words", "encoding"),
    [
        ("L'élève est allé à l'école où la fenêtre était ouverte.", "cp850"),
        ("Das Mädchen hört über die Straße: schöne Grüße!", "cp437"),
        ("El niño comió mañana; ¿qué pasó aquí, señor?", "cp850"),
        ("Das Mädchen hört über die Straße: schöne Grüße!", "mac_roman"),
        ("L'élève est allé à l'école où la fenêtre était ouverte.", "mac_roman"),
        ("Han gik over åen på vej til København, først, så, måde.", "mac_roman"),
        ("He said “no” and the café’s “yes”; it’s naïve.", "mac_roman"),
        ("Zażółć gęślą jaźń, powiedział mąż; źle się czuję.", "cp1250"),
        ("Şimdi çok güzel bir gün; ığdır, ağaç, öğretmen, çünkü.", "cp1254"),
        ("Žmogus ėjo į miestą; šiandien, ačiū, ąžuolas, žmonės.", "cp1257"),
    ],
)
def test_texts_of_dos_the_mac_and_central_europe_are_doubted(
    tmp_path: Path, words: str, encoding: str
) -> None:
    assert "which it may not be" in read(tmp_path, words.encode(encoding) * 3).how


@pytest.mark.parametrize(
    ("words", "encodings"),
    [
        ("Příliš žluťoučký kůň úpěl ďábelské ódy, řekl starý muž.", "iso8859-2 cp1250 cp852"),
        ("Kŕdeľ šťastných ďatľov učí pri ústí Váhu mĺkveho koňa.", "iso8859-2 cp1250"),
        ("Pchnąć w tę łódź jeża lub ośm skrzyń fig, żółte źdźbło.", "iso8859-2 cp1250 cp852"),
        ("Az idő szép volt, az erdő fölött felhők úsztak, a tűz égett.", "iso8859-2 cp1250"),
        ("Și țara întreagă știa că bătrânul își pierduse fântâna.", "iso8859-16"),
        ("Čez cesto je počasi šla črna mačka, ki je čakala večer.", "iso8859-2 cp1250"),
        ("Şimdi dışarıda yağmur yağıyor, çocuklar gülüyor.", "iso8859-9 cp857"),
        ("Laužīt šķērsām ceļu, kā tētis mācīja, ir grūti.", "cp1257 iso8859-13 iso8859-4"),
        ("Eĥoŝanĝo ĉiuĵaŭde, ĝi ŝajnas al ŝi tre ĝoja.", "iso8859-3"),
        ("Все счастливые семьи похожи.", "iso8859-5 koi8-r cp1251 mac_cyrillic"),
        ("Καλημέρα κόσμε.", "iso8859-7 cp1253 cp737"),
        ("吾輩は猫である。名前はまだ無い。", "shift_jis euc-jp iso2022_jp"),
        ("모든 인간은 태어날 때부터 자유롭다.", "euc-kr cp949"),
        ("人人生而自由，在尊嚴和權利上一律平等。", "big5"),
        ("人人生而自由，在尊严和权利上一律平等。", "gbk gb18030"),
        ("Le cœur des sœurs, une œuvre à 5 €, un œil et un bœuf.", "iso8859-15"),
    ],
)
def test_texts_in_an_encoding_of_another_language_are_doubted(
    tmp_path: Path, words: str, encodings: str
) -> None:
    for encoding in encodings.split():
        assert "which it may not be" in read(tmp_path, words.encode(encoding)).how, encoding
        assert "which it may not be" in read(tmp_path, words.encode(encoding) * 9).how, encoding


@pytest.mark.parametrize(
    "words",
    [
        "Ångström, Müller, São Paulo, jalapeño, Brontë, Škoda, Žižek, Søren, façade, œuvre.",
        "At 25°C ±2, µm², ½ kg, £5, ¥900, 1ª, 2º, §7, ©2020, ®, ¶ 3, 10³, 3×4÷2, ¼ and ¾, ¡olé!",
        "Tomáš Ehrlich, Radek Švarz, Raúl Cumplido, Aljaž Košir, Žan Anderle",
        "“She’d said ‘no’ – or … ‘non’,” wrote Zoë; „nie“ hieß es, «où ?» – Ÿ.",
        "ÅNGSTRÖM ÜBER ALLES: ÉCOLE À PARIS, AÇÃO, AÑOS; ÆØÅ; ÞÓR",
        "Köszönöm szépen a pár üveg jó bort, mondta az öreg úr a háznál.",
    ],
)
def test_names_and_signs_of_many_languages_are_not_doubted(tmp_path: Path, words: str) -> None:
    for encoding in ("windows-1252", "latin-1"):
        raw = words.encode(encoding, "ignore")
        assert read(tmp_path, raw).how == "Windows-1252"
        assert read(tmp_path, (raw + b"\n") * 9).how == "Windows-1252"


def test_a_character_in_two_halves_is_put_together(tmp_path: Path) -> None:
    raw = "ça \ud83d\ude00 va".encode("utf-8", "surrogatepass")
    text = read(tmp_path, raw)
    assert str(text) == "ça \U0001f600 va"
    assert text.how == "UTF-8, 1 character put together from two halves"
    alone = read(tmp_path, "ça va très bien \ud83d".encode("utf-8", "surrogatepass"))
    assert alone.how == "UTF-8, 3 damaged places"


def test_what_was_encoded_twice_or_on_a_mainframe_is_doubted(tmp_path: Path) -> None:
    twice = "déjà vu — naïve".encode().decode("windows-1252", "ignore").encode()
    assert "taken for Windows-1252 and written as UTF-8 again" in read(tmp_path, twice).how
    for right in ("déjà vu — naïve", "ÃÂ ã à Ã© once", "你好世界", "Привет — мир"):
        assert read(tmp_path, right.encode()).how == "UTF-8"
    mainframe = "Hello world, this is text of old.\n" * 3
    assert "EBCDIC" in read(tmp_path, mainframe.encode("cp500")).how


@pytest.mark.parametrize("mark", [b"\xef\xbb\xbf", b"\xff\xfe", b"\xff\xfe\0\0", b"\xfe\xff"])
def test_a_mark_alone_is_no_text(tmp_path: Path, mark: bytes) -> None:
    with pytest.raises(TextError, match="is empty but for the mark of its encoding"):
        read(tmp_path, mark)


def test_a_return_among_line_feeds_stays(tmp_path: Path) -> None:
    assert str(read(tmp_path, b"a\rb\nc")) == "a\rb\nc"


def test_unknown_characters_are_counted_the_commonest_first() -> None:
    text = Text.of("abracadabra")
    assert text.unknown(("a", "b")) == {"r": 2, "c": 1, "d": 1}
    assert text.unknown(tuple("abrcd")) == {}
