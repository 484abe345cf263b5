"""One file of stories holds the models and texts that do not ship, and nothing gets out of it."""

import os
import zipfile
from pathlib import Path

import msgspec
import pytest

from rnnviz.core.errors import FindingError
from rnnviz.core.recognise import kind_of
from rnnviz.core.stories.pack import is_pack, unpack, write_pack
from rnnviz.core.stories.story import Stories, Story, lecture
from tests.core.stories.test_story import finding


@pytest.fixture
def own(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "mine.pt").write_bytes(b"weights" * 100)
    (tmp_path / "Grüße.txt").write_text("a text")
    found = finding(
        model_path=str(tmp_path / "models" / "mine.pt"),
        text_path=str(tmp_path / "Grüße.txt"),
        text_name="Grüße.txt",
    )
    return Stories(
        title="a talk",
        stories=(
            *lecture().stories[:1],
            Story(title="mine", caption="A cell of mine.", finding=found),
            Story(
                title="compared",
                caption="",
                show="gradients",
                finding=found,
                networks=(
                    str(tmp_path / "models" / "mine.pt"),
                    "war-and-peace-small-rnn.safetensors",
                ),
            ),
        ),
    )


def test_a_pack_needs_nothing_else(own, tmp_path):
    path = tmp_path / "talk.rnnviz"
    write_pack(path, own)
    assert is_pack(path) and kind_of(path) == "stories"
    for source in (tmp_path / "models" / "mine.pt", tmp_path / "Grüße.txt"):
        source.unlink()
    shipped, mine, compared = unpack(path, tmp_path / "there").stories
    assert "mine.pt" not in shipped.model_path
    assert mine.finding is not None
    model, text = mine.finding.model_path, mine.finding.text_path
    assert Path(model).read_bytes() == b"weights" * 100 and Path(text).read_text() == "a text"
    assert text.endswith(mine.finding.text_name), "the text bears the name that it is opened by"
    assert compared.networks[0] == model
    with zipfile.ZipFile(path) as archive:
        assert len(archive.namelist()) == 3, "each file once, and nothing that ships"


@pytest.mark.parametrize(
    "name", ["a\\b: c.pt", "\u4e2d" * 80 + ".pt", "n" * 250 + ".pt", "a\nb.pt", ".pt", "-r *.pt"]
)
def test_any_name_is_packed_such_that_it_is_unpacked(tmp_path, name):
    source = tmp_path / name
    source.write_bytes(b"weights")
    os.utime(source, (0, 0))  # a zip knows no year before 1980
    found = finding(model_path=str(source), text_path=str(source))
    told = Stories(title="t", stories=(Story(title="mine", caption="", finding=found),))
    write_pack(tmp_path / "talk.rnnviz", told)
    (mine,) = unpack(tmp_path / "talk.rnnviz", tmp_path / "there").stories
    assert mine.finding is not None
    assert Path(mine.finding.model_path).read_bytes() == b"weights"


def test_a_pack_that_unpacks_to_far_more_than_itself_is_refused(tmp_path, monkeypatch):
    source = tmp_path / "zeros.txt"
    source.write_bytes(bytes(3_000_000))
    found = finding(model_path=str(source), text_path=str(source))
    told = Stories(title="t", stories=(Story(title="mine", caption="", finding=found),))
    path = tmp_path / "talk.rnnviz"
    write_pack(path, told)
    with zipfile.ZipFile(path) as archive, zipfile.ZipFile(tmp_path / "bomb", "w") as bomb:
        for member in archive.namelist():
            bomb.writestr(member, archive.read(member), zipfile.ZIP_DEFLATED)
    monkeypatch.setattr("rnnviz.core.stories.pack._LITTLE_BYTES", 1000)
    with pytest.raises(FindingError, match="far more than models and texts"):
        unpack(tmp_path / "bomb", tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_a_pack_for_which_the_disk_has_no_room_is_refused(own, tmp_path, monkeypatch):
    path = tmp_path / "talk.rnnviz"
    write_pack(path, own)
    monkeypatch.setattr("rnnviz.core.stories.pack._SPARE_BYTES", 1 << 60)
    with pytest.raises(FindingError, match="have no room"):
        unpack(path, tmp_path / "there")


def test_a_file_that_is_gone_is_named(own, tmp_path):
    (tmp_path / "Grüße.txt").unlink()
    with pytest.raises(FindingError, match="gone"):
        write_pack(tmp_path / "talk.rnnviz", own)
    assert not (tmp_path / "talk.rnnviz").exists()


@pytest.mark.parametrize("odd", ["device", "pipe", "sparse"])
def test_what_is_no_file_to_be_shared_is_not_packed(own, tmp_path, odd):
    text = tmp_path / "Grüße.txt"
    text.unlink()
    if odd == "device":
        text.symlink_to("/dev/zero")
    elif odd == "pipe":
        os.mkfifo(text)
    else:
        text.touch()
        os.truncate(text, 1 << 40)
    with pytest.raises(FindingError, match="cannot be packed"):
        write_pack(tmp_path / "talk.rnnviz", own)
    assert not (tmp_path / "talk.rnnviz").exists()


@pytest.mark.parametrize(
    "name",
    [
        "../outside.txt",
        "/etc/passwd",
        "texts/../../outside.txt",
        "texts/12345678-../../x",
        "elsewhere/12345678-x.txt",
        "texts\\12345678-x.txt",
    ],
)
def test_nothing_is_written_outside(tmp_path, name):
    story = Story(title="x", caption="", finding=finding(text_path=name, model_path=""))
    path = tmp_path / "evil.rnnviz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("stories.json", msgspec.json.encode(Stories(stories=(story,))))
        archive.writestr(name, "text")
    before = {found.relative_to(tmp_path) for found in tmp_path.rglob("*")}
    folder = tmp_path / "deep" / "there"
    try:
        found = unpack(path, folder).stories[0].finding
        told = "" if found is None else found.text_path
    except FindingError:
        told = ""
    assert not told or "there" in told
    after = {found.relative_to(tmp_path) for found in tmp_path.rglob("*")} - before
    assert all("there" in found.parts or found.parts == ("deep",) for found in after)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x03\x04" + b"x" * 300])
def test_a_damaged_pack_is_refused(tmp_path, content):
    path = tmp_path / "x.rnnviz"
    path.write_bytes(content)
    assert not is_pack(path)
    with pytest.raises(FindingError):
        unpack(path, tmp_path / "there")


def test_a_pack_whose_bytes_are_damaged_is_refused_in_a_sentence(own, tmp_path):
    """Wherever a byte is another: in the list, within what is packed, or in what names it."""
    path = tmp_path / "talk.rnnviz"
    write_pack(path, own)
    whole, damaged = path.read_bytes(), 0
    for place in range(10, len(whole), max(1, len(whole) // 150)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            unpack(path, tmp_path / f"there-{place}")
        except FindingError:
            damaged += 1
    assert damaged > 20
