"""A zip is read within limits, or refused for the one that it breaks."""

import struct
import zipfile

import pytest

from dlcs_core.errors import ArchiveError
from dlcs_core.imaging.archive import Archive, is_junk
from dlcs_core.imaging.sources import list_sources


@pytest.fixture
def make_zip(tmp_path):
    def make(members, compression=zipfile.ZIP_DEFLATED):
        path = tmp_path / "made.zip"
        with zipfile.ZipFile(path, "w", compression) as archive:
            for name, content in members:
                archive.writestr(name, content)
        return path

    return make


def code_of(path):
    with pytest.raises(ArchiveError) as refusal:
        b"".join(source.read_bytes() for source in list_sources(path))
    return refusal.value.code


def test_members_are_read_and_junk_is_left_out(make_zip):
    path = make_zip(
        [("a/1", b"one"), ("__MACOSX/a/._1", b"x"), ("a/.DS_Store", b"x"), ("a/Thumbs.db", b"x")]
    )
    assert [source.read_bytes() for source in list_sources(path)] == [b"one"]


@pytest.mark.parametrize(
    ("name", "junk"),
    [
        ("a/._b", True),
        ("__MACOSX/b", True),
        ("a/.gitkeep", True),
        ("a/b.dcm", False),
        ("a.b", False),
    ],
)
def test_junk_is_told_by_name(name, junk):
    assert is_junk(name) is junk


@pytest.mark.parametrize(
    "name", ["/etc/passwd", "../up", "a/../../up", "..\\up", "C:/windows", "a\\..\\..\\b"]
)
def test_names_that_leave_the_folder_are_refused(name, make_zip):
    assert code_of(make_zip([(name, b"x")])) == "archive_unsafe_name"


def test_links_are_refused(make_zip):
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    assert code_of(make_zip([(link, b"/etc/passwd")])) == "archive_link"


def test_too_many_entries_are_refused(make_zip):
    members = [(f"{index}", b"") for index in range(3001)]
    assert code_of(make_zip(members, zipfile.ZIP_STORED)) == "archive_too_many_entries"


def test_a_bomb_is_refused_by_its_ratio(make_zip):
    assert code_of(make_zip([("zeros", bytes(70 * 1024**2))])) == "archive_ratio"


def test_a_claim_beyond_the_total_is_refused(make_zip, monkeypatch):
    monkeypatch.setattr("dlcs_core.imaging.archive.MAX_TOTAL_BYTES", 1000)
    assert code_of(make_zip([("a", bytes(600)), ("b", bytes(600))])) == "archive_too_large"


def test_constant_slices_pack_beyond_the_ratio_and_are_accepted(make_zip):
    path = make_zip([(f"{index}", bytes(524_288)) for index in range(40)])
    assert sum(source.size for source in list_sources(path)) == 40 * 524_288


def test_a_member_larger_than_its_claim_is_refused(make_zip):
    path = make_zip([("a", b"x" * 1000)])
    content = bytearray(path.read_bytes())
    directory = content.rindex(b"PK\x01\x02")
    assert struct.unpack_from("<L", content, directory + 24) == (1000,)
    struct.pack_into("<L", content, directory + 24, 500)
    path.write_bytes(content)
    assert code_of(path) == "archive_broken"


def test_a_damaged_member_is_refused(make_zip):
    path = make_zip([("a", bytes(range(256)) * 20)], zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    content[500] ^= 0xFF
    path.write_bytes(content)
    assert code_of(path) == "archive_broken"


@pytest.mark.parametrize("kept", [10, 0.5, 0.99])
def test_a_cut_zip_is_refused(kept, make_zip):
    path = make_zip([("a", bytes(range(256)) * 20)])
    content = path.read_bytes()
    path.write_bytes(content[: kept if isinstance(kept, int) else int(len(content) * kept)])
    assert code_of(path) == "archive_broken"


def test_a_zip_in_a_zip_is_refused(make_zip, tmp_path):
    inner = make_zip([("a", b"x")]).read_bytes()
    assert code_of(make_zip([("inner.ZIP", inner)])) == "archive_nested"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_methods_without_a_bound_are_refused(method, make_zip):
    assert code_of(make_zip([("a", b"x" * 100)], method)) == "archive_unsupported"


def test_encryption_is_refused(make_zip):
    path = make_zip([("a", b"x" * 100)])
    content = bytearray(path.read_bytes())
    directory = content.rindex(b"PK\x01\x02")
    content[directory + 8] |= 1
    path.write_bytes(content)
    assert code_of(path) == "archive_encrypted"


def test_an_archive_of_folders_only_has_no_members(make_zip):
    assert Archive(make_zip([("a/", b"")])).members == ()
