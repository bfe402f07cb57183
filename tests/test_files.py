"""Files written whole or not at all, and what they keep of the file that they replace."""

import errno
import os
import stat
import struct
import threading
from pathlib import Path

import pytest

from pil_kmeans import files
from pil_kmeans.files import FileChangedError, FileIdentity, write_file

on_posix = pytest.mark.skipif(os.name != "posix", reason="owners, modes and links as POSIX has them")


@pytest.fixture(params=[files.UNNAMED, None], ids=["unnamed", "named"])
def path(request, tmp_path, monkeypatch):
    """A file with old content, and each way to make a temporary one."""
    monkeypatch.setattr(files, "UNNAMED", request.param)
    (tmp_path / "picture.png").write_bytes(b"old")
    return tmp_path / "picture.png"


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_new_and_old_files_are_written(path):
    write_file(path, b"new")
    write_file(path.with_name("other.png"), b"other", exclusive=True)
    assert [path.read_bytes(), path.with_name("other.png").read_bytes()] == [b"new", b"other"]
    assert names(path.parent) == ["other.png", "picture.png"]


def test_nothing_that_appears_meanwhile_is_replaced(path, monkeypatch):
    new = path.with_name("new.png")
    usual = os.fsync

    def sync(descriptor):
        new.write_bytes(b"theirs")
        usual(descriptor)

    monkeypatch.setattr("os.fsync", sync)
    with pytest.raises(FileExistsError):
        write_file(new, b"ours", exclusive=True)
    assert new.read_bytes() == b"theirs"
    assert names(path.parent) == ["new.png", "picture.png"]


@on_posix
def test_new_file_is_exclusive_also_without_hard_links(path, monkeypatch):
    monkeypatch.setattr(files, "UNNAMED", None)

    def link(*_, **__):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("os.link", link)
    write_file(path.with_name("new.png"), b"new", exclusive=True)
    with pytest.raises(FileExistsError):
        files._move_to_new(path, path.with_name("new.png"))
    assert path.with_name("new.png").read_bytes() == b"new"


def change(path):
    path.write_bytes(b"theirs")


def replace(path):
    path.with_name("x").write_bytes(b"old")
    path.with_name("x").replace(path)


def delete(path):
    path.unlink()


def lock(path):
    fcntl = pytest.importorskip("fcntl")
    descriptor = os.open(path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


@pytest.mark.parametrize("happens", [change, replace, delete, lock])
def test_file_that_is_not_the_expected_one_is_left_as_it_is(path, monkeypatch, happens):
    expected = FileIdentity.of(path.stat())
    usual = os.fsync

    held = []

    def sync(descriptor):
        held.append(happens(path))
        usual(descriptor)

    monkeypatch.setattr("os.fsync", sync)
    with pytest.raises(FileChangedError, match="was changed, replaced, deleted or locked"):
        write_file(path, b"ours", expected=expected)
    if happens is lock:
        os.close(held[0])
    assert names(path.parent) == ([] if happens is delete else ["picture.png"])
    if happens is not delete:
        assert path.read_bytes() == (b"theirs" if happens is change else b"old")


def test_of_many_who_replace_one_file_one_does(path):
    expected = FileIdentity.of(path.stat())
    barrier = threading.Barrier(8)
    done = []

    def work(number):
        barrier.wait()
        try:
            write_file(path, b"%d" % number, expected=expected)
            done.append(b"%d" % number)
        except FileChangedError:
            pass

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [path.read_bytes()] == done
    assert names(path.parent) == ["picture.png"]


@on_posix
def test_owner_mode_and_attributes_are_kept(path):
    path.chmod(0o2640)
    if os.geteuid() == 0:
        os.chown(path, 12345, 23456)
        path.chmod(0o2640)
    has_attributes = hasattr(os, "setxattr")
    try:
        os.setxattr(path, "user.title", b"flowers")
    except (AttributeError, OSError):
        has_attributes = False
    before = path.stat()
    write_file(path, b"new")
    after = path.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (before.st_mode, before.st_uid, before.st_gid)
    if has_attributes:
        assert os.getxattr(path, "user.title") == b"flowers"


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="only Linux has POSIX ACLs as attributes")
def test_acl_is_kept(path):
    """As `setfacl -m u:33:r` makes it: a version, then tag, rights and id of owner, user 33, group, mask and others."""
    entries = [(0x01, 6, -1), (0x02, 4, 33), (0x04, 4, -1), (0x10, 4, -1), (0x20, 0, -1)]
    acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *entry) for entry in entries)
    try:
        os.setxattr(path, "system.posix_acl_access", acl)
    except OSError:
        pytest.skip("a file system without ACLs")
    write_file(path, b"new")
    assert path.read_bytes() == b"new"
    assert os.getxattr(path, "system.posix_acl_access") == acl


def test_bytes_are_on_the_disk_before_they_get_the_name(path, monkeypatch):
    """Else a power failure could leave the name with nothing in it."""
    done = []

    def told(owner, name):
        usual = getattr(owner, name)

        def call(*arguments, **options):
            done.append((name, path.read_bytes()))
            return usual(*arguments, **options)

        monkeypatch.setattr(owner, name, call)

    told(os, "fsync")
    told(Path, "replace")
    write_file(path, b"new")
    assert done[:2] == [("fsync", b"old"), ("replace", b"old")]
    assert path.read_bytes() == b"new"


@on_posix
@pytest.mark.parametrize("exclusive", [False, True])
def test_folder_is_on_the_disk_once_a_file_has_its_name(path, monkeypatch, exclusive):
    """Else a power failure could bring back what was there before; where that cannot be told, the file is there."""
    target = path.with_name("new.png") if exclusive else path
    synced, usual = [], os.fsync

    def sync(descriptor):
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            synced.append((os.path.samestat(os.fstat(descriptor), path.parent.stat()), target.read_bytes()))
            raise OSError(errno.EINVAL, "no folders here")
        usual(descriptor)

    monkeypatch.setattr("os.fsync", sync)
    write_file(target, b"new", exclusive=exclusive)
    assert synced == [(True, b"new")]
    assert target.read_bytes() == b"new"


@on_posix
def test_group_that_cannot_be_kept_gets_no_rights(path, monkeypatch):
    path.chmod(0o4664)
    real = os.fstat

    def of_others(descriptor):  # as if made in a folder of another group
        values = list(real(descriptor))
        values[stat.ST_GID] += 1
        return os.stat_result(values)

    def refuse(*_):
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr("os.fstat", of_others)
    monkeypatch.setattr("os.fchown", refuse)
    write_file(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@on_posix
def test_private_file_is_private_from_the_beginning(path, monkeypatch):
    path.chmod(0o600)
    modes = []
    usual = os.open

    def opened(*arguments, **options):
        descriptor = usual(*arguments, **options)
        if stat.S_ISREG(mode := os.fstat(descriptor).st_mode):
            modes.append(stat.S_IMODE(mode))
        return descriptor

    monkeypatch.setattr("os.open", opened)
    write_file(path, b"new")
    assert modes == [0o600]


def test_interruption_leaves_the_old_file_and_nothing_else(path, monkeypatch):
    def stop(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", stop)
    with pytest.raises(KeyboardInterrupt):
        write_file(path, b"new")
    assert names(path.parent) == ["picture.png"]
    assert path.read_bytes() == b"old"


@pytest.mark.skipif(files.UNNAMED is None, reason="only Linux has files without a name")
def test_unnamed_file_leaves_nothing_even_if_killed(tmp_path):
    pid = os.fork()
    if pid == 0:
        os.fsync = lambda _: os._exit(9)
        write_file(tmp_path / "new.png", b"new")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9
    assert names(tmp_path) == []
