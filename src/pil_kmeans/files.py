"""Files written whole or not at all, and never over what nobody has seen."""

from __future__ import annotations

import errno
import io
import os
import secrets
import shutil
import stat
import sys
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

if sys.platform != "win32":
    import fcntl

UNNAMED = getattr(os, "O_TMPFILE", None)
"""Opens a file without a name, of which nothing is left whatever ends the process: Linux."""

OF_THE_CONTENT = ("security.capability", "security.evm", "security.ima")
"""Extended attributes that hold for the bytes of one file, or would give rights to others."""


class FileIdentity(NamedTuple):
    """What tells a file from any other, and from itself after a change."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int
    n_links: int

    @classmethod
    def of(cls, status: os.stat_result) -> FileIdentity:
        """Take it from what `os.stat` or `os.fstat` says."""
        changed = status.st_ctime_ns if os.name == "posix" else 0  # on Windows the time of creation
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, changed, status.st_nlink)


MOST_IN_MEMORY = 16 << 20
"""Bytes of a file in the making that are not on the disk."""


class Spool:
    """A file in the making: what is long is on the disk, in a file that has no name.

    Parameters
    ----------
    parts : iterable of bytes
    """

    def __init__(self, parts: Iterable[bytes | memoryview] = ()) -> None:
        self._file = tempfile.SpooledTemporaryFile(MOST_IN_MEMORY)  # noqa: SIM115 - as long as this lives
        weakref.finalize(self, self._file.close)
        self._size = 0
        for part in parts:
            self.append(part)

    def __len__(self) -> int:
        """Return the number of bytes."""
        return self._size

    def append(self, part: bytes | memoryview) -> None:
        """Write behind what is there."""
        self._file.seek(self._size)
        self._file.write(part)
        self._size += len(part)

    def parts(self) -> Iterator[bytes]:
        """Yield what has been written, in pieces."""
        self._file.seek(0)
        while part := self._file.read(1 << 20):
            yield part


class FileChangedError(OSError):
    """A file to replace is not the one that was read."""


def check_target(to: Any) -> None:
    """Check the option `to`, before anything is done.

    Raises
    ------
    TypeError
        If it is no path and no binary file object.
    FileNotFoundError, IsADirectoryError
        If no file can have that path.
    """
    if to is None:
        return
    if isinstance(to, str | os.PathLike) and not isinstance(os.fspath(to), bytes):
        path = Path(os.path.realpath(to))
        if path.is_dir():
            raise IsADirectoryError(errno.EISDIR, f"to must be a file, {os.strerror(errno.EISDIR)}", str(to))
        if not path.parent.is_dir():
            raise FileNotFoundError(errno.ENOENT, "to must be in a folder that exists", str(to))
    elif isinstance(to, io.TextIOBase) or not callable(getattr(to, "write", None)):
        raise TypeError(
            "to must be a path, a file object opened for bytes, or None for the bytes themselves, "
            f"got {to!r} of type {type(to).__name__}"
        )


def deliver(parts: Iterable[bytes | memoryview], to: Any) -> bytes | None:
    """Return the bytes of a file that is made part by part, or write them as they come.

    Parameters
    ----------
    parts : iterable of bytes
    to : path, file object or None
        A file is replaced when all parts are there; whatever ends them leaves it as it was. A file object gets each
        part when it is made. None: nothing is written.

    Returns
    -------
    bytes or None
        The file, if `to` is None.
    """
    if to is None:
        return b"".join(parts)
    with replacing(Path(to)) if isinstance(to, str | os.PathLike) else nullcontext(to) as file:
        for part in parts:
            file.write(part)
    return None


def write_file(path: Path, data: bytes, *, exclusive: bool = False, expected: FileIdentity | None = None) -> None:
    """Write all at once what `replacing` writes."""
    with replacing(path, exclusive=exclusive, expected=expected) as file:
        file.write(data)


@contextmanager
def replacing(path: Path, *, exclusive: bool = False, expected: FileIdentity | None = None) -> Iterator[IO[bytes]]:
    """Open a temporary file in the same folder; at the end have it on the disk, then give it its name, for good.

    A file that was there keeps its permissions, and as far as the process may its owner, group, extended attributes
    and POSIX ACL; on any error, and if the run is interrupted, also its content. Where the group cannot be kept, the
    new one gets no more rights than all others have. Links stay links; of several hard links one is replaced, and the
    others keep the old content.

    Parameters
    ----------
    path : Path
    exclusive : bool, default False
        Replace nothing, also not what appears during the call.
    expected : FileIdentity, optional
        Replace this file only. Of several calls for the same file, in any processes of this package, one succeeds.

    Yields
    ------
    file object
        To write to.

    Raises
    ------
    FileExistsError
        If `exclusive`, and the file is there.
    FileChangedError
        If the file is not the expected one: it was changed, replaced, deleted, or is locked by another program.
    OSError
        If the file cannot be written.
    """
    path = Path(os.path.realpath(path))
    old = _status(path)
    if exclusive and old is not None:
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    if old is not None and not os.access(path, os.W_OK):  # which renaming would not respect
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))
    temporary = path.with_name(f".{secrets.token_hex(8)}.tmp")
    try:
        mode = 0o666 if old is None else 0o600  # less what umask takes; what is private is so from the beginning
        unnamed = _opened_without_name(path.parent, mode)
        with unnamed or _opened(temporary, mode) as file:
            yield file
            _finish(file, path, old)
            if unnamed is not None:
                _give_name(file, temporary, mode, path, old)
        if old is not None and not hasattr(os, "fchmod"):
            temporary.chmod(stat.S_IMODE(old.st_mode))
        if exclusive:
            _move_to_new(temporary, path)
        elif expected is None:
            temporary.replace(path)
        else:
            with _locked(path):
                status = _status(path)
                if status is None or FileIdentity.of(status) != expected:
                    raise _changed(path)
                temporary.replace(path)
        _sync_folder(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Have a new name on the disk, else a power failure could bring the old file back; where the system can do it."""
    if os.name != "posix":  # Windows opens no folders
        return
    with suppress(OSError):  # the file is there, whatever this file system or its rights say of folders
        descriptor = os.open(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _changed(path: Path) -> FileChangedError:
    return FileChangedError(errno.EBUSY, "it was changed, replaced, deleted or locked since it was read", str(path))


def _opened(path: Path, mode: int) -> IO[bytes]:
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), mode)
    return os.fdopen(descriptor, "wb")


def _opened_without_name(folder: Path, mode: int) -> IO[bytes] | None:
    """Open a file that can get a name later; None where the system has none, or no /proc."""
    if UNNAMED is None:
        return None
    try:
        descriptor = os.open(folder, UNNAMED | os.O_RDWR, mode)
    except OSError:
        return None
    if not os.path.exists(_name_of(descriptor)):
        os.close(descriptor)
        return None
    return os.fdopen(descriptor, "w+b")


def _give_name(file: IO[bytes], temporary: Path, mode: int, path: Path, old: os.stat_result | None) -> None:
    """Link a file that has no name; where the file system cannot, copy it."""
    try:
        os.link(_name_of(file.fileno()), temporary, src_dir_fd=file.fileno(), follow_symlinks=True)
    except OSError:
        with _opened(temporary, mode) as copy:
            file.seek(0)
            shutil.copyfileobj(file, copy)
            _finish(copy, path, old)


def _name_of(descriptor: int) -> str:
    return f"/proc/self/fd/{descriptor}"


def _finish(file: IO[bytes], path: Path, old: os.stat_result | None) -> None:
    """Have all that was written on the disk, with the attributes of the file that it is to replace."""
    file.flush()
    if old is not None and hasattr(os, "fchmod"):
        _copy_attributes(path, old, file.fileno())
    os.fsync(file.fileno())  # else a power failure could leave the name with nothing in it


def _copy_attributes(path: Path, old: os.stat_result, descriptor: int) -> None:
    """Give a file all that the old one has beside its content, as far as the process may."""
    new = os.fstat(descriptor)
    mode = stat.S_IMODE(old.st_mode)
    if (new.st_uid, new.st_gid) != (old.st_uid, old.st_gid):
        try:
            os.fchown(descriptor, old.st_uid, old.st_gid)
        except OSError:
            mode &= 0o1777
            try:
                os.fchown(descriptor, -1, old.st_gid)
            except OSError:
                mode &= ~0o070 | (mode & 0o007) << 3
    if hasattr(os, "listxattr"):
        with suppress(OSError):
            for name in os.listxattr(path):
                with suppress(OSError):
                    if name not in OF_THE_CONTENT:
                        os.setxattr(descriptor, name, os.getxattr(path, name))
    os.fchmod(descriptor, mode)  # after the ACL, of which it is a part


def _move_to_new(temporary: Path, path: Path) -> None:
    """Give it a name that nothing else has, in one step where the file system can."""
    if os.name == "nt":
        temporary.rename(path)  # which fails if there is one
        return
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # of file systems without hard links
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        temporary.replace(path)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other processes of this package from replacing the file, and wait for nobody."""
    if sys.platform == "win32":  # where whoever has it open keeps others from replacing it
        yield
        return
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        raise _changed(path) from None
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _changed(path) from None
        except OSError:  # of file systems without locks
            pass
        yield
    finally:
        os.close(descriptor)
