"""Sealed files: whatever is changed, cut off, moved or opened with another key is told, and nothing is given out."""

import random
from io import BytesIO

import pytest

from core.errors import AppError
from operations.backups import vault
from operations.backups.vault import MAGIC, TAG_BYTES, open_sealed, read_label, write_label

CHUNK = 64
SECRET = b"s" * 32
CONTENT = bytes(range(256)) * 2  # eight chunks


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "CHUNK_BYTES", CHUNK)


def sealed(content: bytes = CONTENT, secret: bytes = SECRET) -> bytes:
    target = BytesIO()
    writer = write_label(target, {"name": "x"}, secret)
    for begin in range(0, len(content), 50):
        writer.write(content[begin : begin + 50])
    writer.finish()
    return target.getvalue()


def opened(file: bytes, secret: bytes = SECRET) -> bytes:
    reader = open_sealed(BytesIO(file), lambda _: secret)
    list(reader.whole())
    reader.seek(0)
    return reader.readall() or b""


def body(file: bytes) -> int:
    """Where the first chunk begins."""
    at = len(MAGIC)
    return at + 4 + int.from_bytes(file[at : at + 4], "big")


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 512])
def test_what_was_sealed_comes_back_whatever_its_size(size: int) -> None:
    assert opened(sealed(CONTENT[:size])) == CONTENT[:size]


def test_it_can_be_read_anywhere() -> None:
    reader = open_sealed(BytesIO(sealed()), lambda _: SECRET)
    for _ in range(50):
        begin = random.Random(7).randrange(len(CONTENT))
        reader.seek(begin)
        assert reader.read(10) == CONTENT[begin : begin + 10]
    reader.seek(-4, 2)
    assert reader.read(100) == CONTENT[-4:]


def test_a_flipped_bit_anywhere_is_found() -> None:
    file = sealed()
    for position in range(len(file)):
        flipped = bytearray(file)
        flipped[position] ^= 1 << position % 8
        with pytest.raises(AppError, match="backup_damaged"):
            opened(bytes(flipped))


def test_a_file_that_is_cut_off_anywhere_or_goes_on_is_found() -> None:
    file = sealed()
    for length in range(len(file)):
        with pytest.raises(AppError, match="backup_damaged"):
            opened(file[:length])
    for more in (b"x", file[-80:]):
        with pytest.raises(AppError, match="backup_damaged"):
            opened(file + more)


def test_chunks_that_change_places_are_repeated_or_left_out_are_found() -> None:
    file, size = sealed(), CHUNK + TAG_BYTES
    begin = body(file)
    chunks = [file[at : at + size] for at in range(begin, len(file), size)]
    others = [
        [chunks[1], chunks[0], *chunks[2:]], [chunks[0], *chunks], chunks[1:], [*chunks[:3], *chunks[4:]], chunks[:-1],
    ]  # fmt: skip
    for changed in others:
        with pytest.raises(AppError, match="backup_damaged"):
            opened(file[:begin] + b"".join(changed))


def test_chunks_of_another_file_under_the_same_key_do_not_fit() -> None:
    one, other = sealed(), sealed()
    begin = body(one)
    with pytest.raises(AppError, match="backup_damaged"):
        opened(one[:begin] + other[begin:])


def test_another_key_opens_nothing() -> None:
    with pytest.raises(AppError, match="backup_damaged"):
        opened(sealed(), b"t" * 32)


def test_a_file_whose_writer_died_does_not_open() -> None:
    target = BytesIO()
    write_label(target, {}, SECRET).write(CONTENT)
    with pytest.raises(AppError, match="backup_damaged"):
        opened(target.getvalue())


def test_the_same_content_is_never_sealed_alike() -> None:
    one, other = sealed(), sealed()
    assert one[body(one) :] != other[body(other) :]
    assert read_label(BytesIO(one))["name"] == "x"


@pytest.mark.parametrize("file", [b"", b"PK\x03\x04", MAGIC, MAGIC + b"\xff\xff\xff\xff{}", MAGIC + b"\0\0\0\x02[]"])
def test_what_is_no_backup_is_told(file: bytes) -> None:
    with pytest.raises(AppError, match="backup_damaged"):
        opened(file)
