"""The files that hold the bytes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jumpgate.block_storage.drivers.embedded import files as module
from jumpgate.block_storage.drivers.embedded.files import Files, TooSmall

MIB = 1 << 20


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "files")


def taken(path: Path) -> int:
    """Return how much space a file takes."""
    return path.stat().st_blocks * 512


def test_an_empty_file_takes_no_space(files: Files) -> None:
    files.create("one", 1 << 40)

    assert (files.path("one").stat().st_size, taken(files.path("one"))) == (1 << 40, 0)


@pytest.mark.parametrize("in_kernel", [True, False])
def test_a_copy_has_the_data_and_the_holes(files: Files, monkeypatch: pytest.MonkeyPatch, in_kernel: bool) -> None:
    if not in_kernel:
        monkeypatch.setattr(module, "_copy_in_kernel", _refuse)
    files.create("one", 64 * MIB)
    with files.path("one").open("r+b") as file:
        for offset in (0, 10 * MIB, 64 * MIB - 5):
            file.seek(offset)
            file.write(b"bytes")

    files.copy("two", files.path("one"), 65 * MIB)

    copy = files.path("two")
    assert copy.stat().st_size == 65 * MIB
    assert taken(copy) < 2 * MIB
    assert copy.read_bytes()[: 64 * MIB] == files.path("one").read_bytes()


def _refuse(*_: int) -> int:
    raise OSError(38, "Function not implemented")


def test_a_copy_of_nothing_leaves_nothing(files: Files, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files.copy("two", tmp_path / "missing", MIB)

    assert not files.path("two").exists()


def test_zeros_that_are_written_take_no_space(files: Files) -> None:
    files.fill("one", [b"head", bytes(8 * MIB), b"tail"], 16 * MIB)

    path = files.path("one")
    assert path.stat().st_size == 16 * MIB
    assert taken(path) < MIB
    data = path.read_bytes()
    assert (data[:4], data[4 + 8 * MIB :][:4], data[-4:]) == (b"head", b"tail", bytes(4))


def test_more_than_fits_is_refused_and_leaves_what_was(files: Files) -> None:
    files.fill("one", [b"old"], 8)

    with pytest.raises(TooSmall):
        files.fill("one", [b"12345", b"6789"], 8)

    assert files.path("one").read_bytes() == b"old" + bytes(5)
    assert os.listdir(files.path("one").parent) == ["one"]


def test_a_file_only_grows(files: Files) -> None:
    files.create("one", 2 * MIB)
    for size in (4 * MIB, MIB):
        files.extend("one", size)

    assert files.path("one").stat().st_size == 4 * MIB


def test_a_file_is_removed_once_or_twice(files: Files) -> None:
    files.create("one", MIB)
    (files.path("one").parent / "one.part").write_bytes(b"left")
    for _ in range(2):
        files.delete("one")

    assert os.listdir(files.path("one").parent) == []


def test_bytes_are_shared_until_the_last_has_gone(files: Files) -> None:
    files.fill("one", [b"data"], 4)
    files.share("two", "one")
    files.share("two", "two")
    files.delete("one")

    assert files.path("two").read_bytes() == b"data"
    with pytest.raises(FileNotFoundError):
        files.share("three", "one")
    with pytest.raises(FileNotFoundError):
        files.share("four", "four")


def test_others_cannot_look_in(files: Files) -> None:
    files.create("one", 1)

    assert files.path("one").parent.stat().st_mode & 0o077 == 0
