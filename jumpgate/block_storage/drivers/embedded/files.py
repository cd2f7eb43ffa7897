"""Where the bytes are: each volume, snapshot and backup is one sparse file below the state directory.

A file is made beside its place and moved there when it is whole, so a crash leaves either nothing or everything, and
what it interrupted can start again.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from jumpgate.common.sparse import leave_hole

GIB = 1 << 30
_PIECE_BYTES = 1 << 20
# What copy_file_range answers where the kernel or the file system cannot do it.
_NO_RANGES = {errno.ENOSYS, errno.EXDEV, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM}
_PART = ".part"


def is_name(text: str) -> bool:
    """Tell whether a text can be the name of a thing's file: no path, nothing hidden and nothing unfinished."""
    return (
        bool(text)
        and len(text) <= 255
        and not text.startswith(".")
        and not set(text) & {"/", "\\", "\0"}
        and (not text.endswith(_PART))
    )


class TooSmall(Exception):
    """There is more to write than the file may hold."""


class Files:
    """The files of one kind of thing, by its id."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, thing_id: str) -> Path:
        """Return where the bytes of a thing are."""
        return self._folder / thing_id

    def create(self, thing_id: str, size_bytes: int) -> None:
        """Make a file of zeros that takes no space."""
        with self._placed(thing_id) as file:
            file.truncate(size_bytes)

    def copy(self, thing_id: str, source: Path, size_bytes: int) -> None:
        """Make a file that begins as `source`; holes stay holes. Raises FileNotFoundError without a source."""
        with source.open("rb") as origin, self._placed(thing_id) as file:
            copy_sparse(origin, file)
            file.truncate(max(size_bytes, origin.seek(0, os.SEEK_END)))

    def fill(self, thing_id: str, pieces: Iterable[bytes], size_bytes: int) -> None:
        """Make a file that begins with `pieces`; zeros take no space. Raises TooSmall."""
        with self._placed(thing_id) as file:
            written = 0
            for piece in pieces:
                written += len(piece)
                if written > size_bytes:
                    raise TooSmall
                if not leave_hole(file, piece):
                    file.write(piece)
            file.truncate(size_bytes)

    def share(self, thing_id: str, other_id: str) -> None:
        """Let a thing have the bytes of another, which neither may change. Raises FileNotFoundError without them."""
        if thing_id != other_id:
            self.path(thing_id).unlink(missing_ok=True)
            os.link(self.path(other_id), self.path(thing_id))
        elif not self.path(thing_id).exists():
            raise FileNotFoundError(self.path(thing_id))

    def rename(self, name: str, thing_id: str) -> None:
        """Let a file be a thing's. Raises FileNotFoundError without the file, or for what is no plain file."""
        path = self.path(name)
        if not is_name(name) or path.is_symlink() or not path.is_file():
            raise FileNotFoundError(path)
        path.rename(self.path(thing_id))
        _sync_folder(self._folder)

    def sizes(self) -> list[tuple[str, int]]:
        """Return the names and sizes in bytes of the plain files that there are, in the order of their names."""
        if not self._folder.is_dir():
            return []
        files = [entry for entry in os.scandir(self._folder) if entry.is_file(follow_symlinks=False)]
        return sorted((entry.name, entry.stat().st_size) for entry in files if is_name(entry.name))

    def extend(self, thing_id: str, size_bytes: int) -> None:
        """Make a file larger; one that is large enough stays as it is."""
        path = self.path(thing_id)
        if path.stat().st_size < size_bytes:
            os.truncate(path, size_bytes)

    def delete(self, thing_id: str) -> None:
        """Remove a file, and what was left of making it; it may be gone already."""
        self.path(thing_id).unlink(missing_ok=True)
        self._part(thing_id).unlink(missing_ok=True)

    def _part(self, thing_id: str) -> Path:
        return self._folder / f"{thing_id}{_PART}"

    @contextlib.contextmanager
    def _placed(self, thing_id: str) -> Iterator[BinaryIO]:
        """Yield an empty file that takes the thing's place when all went well."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = self._part(thing_id)
        try:
            with part.open("wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(self.path(thing_id))
            _sync_folder(self._folder)
        except BaseException:
            part.unlink(missing_ok=True)
            raise


def _sync_folder(folder: Path) -> None:
    """See to it that what was moved to its place is there after a power failure."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def copy_sparse(source: BinaryIO, target: BinaryIO) -> None:
    """Copy the parts of a file that hold data to the same places of another, which is empty."""
    for start, end in _extents(source.fileno()):
        _copy_range(source.fileno(), target.fileno(), start, end)


def _extents(descriptor: int) -> Iterator[tuple[int, int]]:
    """Yield where a file has data, as (start, end)."""
    end = 0
    size = os.fstat(descriptor).st_size
    while end < size:
        try:
            start = os.lseek(descriptor, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return
            raise
        end = os.lseek(descriptor, start, os.SEEK_HOLE)
        yield start, end


def _copy_range(source: int, target: int, start: int, end: int) -> None:
    """Copy bytes [start, end), in the kernel where it can: on some file systems that shares the blocks."""
    copy: Callable[[int, int, int, int], int] = _copy_in_kernel
    while start < end:
        try:
            moved = copy(source, target, start, min(end - start, 1 << 30))
        except OSError as error:
            if copy is _copy_by_hand or error.errno not in _NO_RANGES:
                raise
            copy = _copy_by_hand
            continue
        if moved == 0:
            return
        start += moved


def _copy_in_kernel(source: int, target: int, start: int, length: int) -> int:
    return os.copy_file_range(source, target, length, offset_src=start, offset_dst=start)


def _copy_by_hand(source: int, target: int, start: int, length: int) -> int:
    data = os.pread(source, min(length, _PIECE_BYTES), start)
    return os.pwrite(target, data, start)
