"""The directory in which the images' data is kept, one file for each upload.

A file is locked by whoever writes it until the row that names it is committed. A crash drops the lock, so that a file
without a lock and without a row is known to be nobody's.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from jumpgate.common.errors import TooLarge
from jumpgate.common.sparse import leave_hole

CHUNK_BYTES = 256 * 1024

_PARTIAL = ".part"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Files:
    """The directory. Names of files are ours; nothing of a client's ends up in a path."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def make(self) -> None:
        """Make the directory where it is missing."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    @contextlib.contextmanager
    def receive(self) -> Iterator[Incoming]:
        """Yield a new file to write; an error inside removes it, whatever has become of it."""
        path, file = self._create()
        incoming = Incoming(path, file)
        with file:
            try:
                yield incoming
            except BaseException:
                incoming.discard()
                raise

    def _create(self) -> tuple[Path, BinaryIO]:
        """Create and lock a file. Between the two a sweep may remove it; then there is another try."""
        while True:
            path = self.directory / f"{uuid.uuid4()}{_PARTIAL}"
            file = path.open("xb", buffering=0)
            fcntl.flock(file, fcntl.LOCK_EX)
            if path.exists():
                return path, file
            file.close()

    def open(self, name: str) -> BinaryIO:
        """Open a complete file to be read; raise FileNotFoundError."""
        return (self.directory / name).open("rb", buffering=0)

    def remove(self, name: str) -> None:
        """Remove a file. One that is still being written goes with its writer, which finds its row gone."""
        (self.directory / name).unlink(missing_ok=True)
        partial = self.directory / (name + _PARTIAL)
        with _locked(partial) as mine:
            if mine:
                partial.unlink(missing_ok=True)

    def is_being_written(self, name: str) -> bool:
        """Tell whether somebody alive is writing a file."""
        return any(_is_locked(self.directory / form) for form in (name + _PARTIAL, name))

    def sweep(self, is_wanted: Callable[[str], bool]) -> int:
        """Remove what nobody writes and no row names, and return how many files that were."""
        removed = 0
        for path in list(self.directory.iterdir()):
            with _locked(path) as mine:
                if mine and (path.suffix == _PARTIAL or not is_wanted(path.name)):
                    path.unlink(missing_ok=True)
                    removed += 1
        return removed


class Incoming:
    """A file that is being written, under a name that says so until `keep`."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self._path = path
        self._file = file
        self.name = path.name.removesuffix(_PARTIAL)

    def write(self, chunk: bytes) -> None:
        """Append to the file, zeros as a hole; raise TooLarge when the disk is full."""
        if leave_hole(self._file, chunk):
            return
        rest = memoryview(chunk)
        with _full_disk_said():
            while rest:
                rest = rest[self._file.write(rest) :]

    def keep(self) -> None:
        """Put the whole file on disk under its final name."""
        with _full_disk_said():
            self._file.truncate()
            os.fsync(self._file.fileno())
        self._path = self._path.rename(self._path.with_suffix(""))
        directory = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def discard(self) -> None:
        """Remove the file."""
        self._path.unlink(missing_ok=True)


@contextlib.contextmanager
def _full_disk_said() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise TooLarge(f"Image storage media is full: {error.strerror}") from error
        raise


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[bool]:
    """Hold the lock of a file; yield False where another has it or the file is gone."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield False
    else:
        yield True
    finally:
        os.close(descriptor)


def _is_locked(path: Path) -> bool:
    with _locked(path) as mine:
        return not mine and path.exists()


class Chunks:
    """The bytes of an open file from an offset on, in pieces; the file is closed at the end or by `close`."""

    def __init__(self, file: BinaryIO, offset: int, length: int) -> None:
        self._file = file
        self._left = length
        file.seek(offset)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        chunk = b"" if self._file.closed else self._file.read(min(CHUNK_BYTES, self._left))
        if not chunk:
            self.close()
            raise StopIteration
        self._left -= len(chunk)
        return chunk

    def close(self) -> None:
        """Close the file."""
        self._file.close()
