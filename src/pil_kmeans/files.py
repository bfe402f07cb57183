"""Files written whole or not at all, and never over what nobody has seen."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, NamedTuple

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


class FileChangedError(OSError):
    """A file to replace is not the one that was read."""


def write_file(path: Path, data: bytes, *, exclusive: bool = False, expected: FileIdentity | None = None) -> None:
    """Write a temporary file in the same folder, have it on the disk, then give it its name.

    A file that was there keeps its permissions, and as far as the process may its owner, group, extended attributes
    and POSIX ACL; on any error, and if the run is interrupted, also its content. Where the group cannot be kept, the
    new one gets no more rights than all others have. Links stay links; of several hard links one is replaced, and the
    others keep the old content.

    Parameters
    ----------
    path : Path
    data : bytes
    exclusive : bool, default False
        Replace nothing, also not what appears during the call.
    expected : FileIdentity, optional
        Replace this file only. Of several calls for the same file, in any processes of this package, one succeeds.

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
        _write_temporary(temporary, data, path, old)
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
    finally:
        temporary.unlink(missing_ok=True)


def _status(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def _changed(path: Path) -> FileChangedError:
    return FileChangedError(errno.EBUSY, "it was changed, replaced, deleted or locked since it was read", str(path))


def _write_temporary(temporary: Path, data: bytes, path: Path, old: os.stat_result | None) -> None:
    """Write all of it before it has a name, where the system can."""
    mode = 0o666 if old is None else 0o600  # less what umask takes; what is private is so from the beginning
    if UNNAMED is not None:
        with suppress(OSError):  # of file systems that cannot, or without /proc
            descriptor = os.open(path.parent, UNNAMED | os.O_WRONLY, mode)
            with os.fdopen(descriptor, "wb") as file:
                if _can_name(descriptor):
                    _fill(file, data, path, old)
                    os.link(_name_of(descriptor), temporary, src_dir_fd=descriptor, follow_symlinks=True)
                    return
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_BINARY", 0), mode)
    with os.fdopen(descriptor, "wb") as file:
        _fill(file, data, path, old)
    if old is not None and not hasattr(os, "fchmod"):
        temporary.chmod(stat.S_IMODE(old.st_mode))


def _can_name(descriptor: int) -> bool:
    return os.path.exists(_name_of(descriptor))


def _name_of(descriptor: int) -> str:
    return f"/proc/self/fd/{descriptor}"


def _fill(file: IO[bytes], data: bytes, path: Path, old: os.stat_result | None) -> None:
    file.write(data)
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
