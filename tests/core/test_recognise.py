"""Whatever is dropped on the window is taken for what it holds."""

import pytest

from rnnviz.core.errors import TextError
from rnnviz.core.recognise import kind_of


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("novel.txt", b"It was a dark night", "text"),
        ("no-ending", b"It was a dark night", "text"),
        ("wide.txt", "é".encode("utf-16"), "text"),
        ("wider.txt", b"\0\0\xfe\xff" + "é".encode("utf-32-be"), "text"),
        ("no-mark.txt", "It was a dark night\n".encode("utf-16-le"), "text"),
        ("numbers.bin", bytes(range(256)) * 20, "model"),
        ("empty.txt", b"", "text"),
        ("MODEL.SafeTensors", b"anything", "model"),
        ("weights.pt", b"PK\x03\x04", "model"),
        ("renamed.txt", b"PK\x03\x04\0\0", "model"),
        ("concept.json", b'{"kind": "regular-expression", "pattern": "a"}', "concept"),
        ("finding.json", b'{"channel": "cell", "scale": {}, "start": 0, "stop": 1}', "finding"),
        ("data.json", b'{"channel": "cell"}', "text"),
        ("list.json", b'["kind"]', "text"),
        ("broken.json", b'{"kind": ', "text"),
        ("deep.json", b"[" * 60_000, "text"),
        ("long.json", b'{"kind": "painted"' + b" " * 70_000 + b"}", "concept"),
        ("text.pt", b"It was a dark night.\n" * 20, "text"),
        ("page.pt", b"<!DOCTYPE html>\n" + b"<p>Not found</p>\n" * 20, "model"),
        ("pointer.bin", b"version https://git-lfs.github.com/spec/v1\n" * 8, "model"),
        ("old.t7", b"4\n1\n3\nV 1\n13\nnn.Sequential\n" * 20, "model"),
        ("zip.txt", b"PK\x03\x04abc", "model"),
    ],
)
def test_a_file_is_known_by_its_content(tmp_path, name, content, kind):
    path = tmp_path / name
    path.write_bytes(content)
    assert kind_of(path) == kind


@pytest.mark.parametrize(("name", "kind"), [("recording.json", "recording"), ("run.json", "run")])
def test_a_folder_is_known_by_what_lies_in_it(tmp_path, name, kind):
    (tmp_path / name).write_text("{}")
    assert kind_of(tmp_path) == kind


def test_what_cannot_be_opened_is_named(tmp_path):
    with pytest.raises(TextError, match=r"gone\.txt does not exist; it may have been moved"):
        kind_of(tmp_path / "gone.txt")
    (tmp_path / "folder").mkdir()
    with pytest.raises(TextError, match="the folder folder holds neither a recording nor"):
        kind_of(tmp_path / "folder")


def test_a_binary_file_that_is_named_like_a_model_is_no_text(tmp_path):
    """An ONNX file whose weights lie elsewhere has no zero bytes."""
    content = b"\x08\x08\x12\x07pytorch" + b":\n embedding weight" * 40
    (tmp_path / "m.onnx").write_bytes(content)
    assert kind_of(tmp_path / "m.onnx") == "model"
    (tmp_path / "m.model").write_text("A model of behaviour.\n" * 40)
    assert kind_of(tmp_path / "m.model") == "text"
