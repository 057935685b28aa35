"""Files of keys: what somebody put in their place before gains nothing."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from drakkar import private_file
from drakkar.cluster import kubeconfig
from drakkar.cluster.certificates import Authority, Identity
from drakkar.cluster.errors import StateError
from drakkar.cluster.state import Settings, StateDirectory
from drakkar.private_file import UnsafeFileError

NOBODY = 65534
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to somebody else")


def test_written_for_the_owner_only_and_whole(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        private_file.write(tmp_path / "deep" / "key", b"one")
    finally:
        os.umask(before)
    for _ in range(2):
        private_file.write(tmp_path / "deep" / "key", b"two")
    assert private_file.read(tmp_path / "deep" / "key") == b"two"
    assert stat.S_IMODE((tmp_path / "deep" / "key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "deep").stat().st_mode) == 0o700
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["key"]


def test_a_link_or_an_open_file_that_waits_there_gains_nothing(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("")
    (tmp_path / "link").symlink_to(theirs)
    (tmp_path / "hard").hardlink_to(theirs)
    (tmp_path / "open").write_text("")
    (tmp_path / "open").chmod(0o666)
    with open(tmp_path / "open") as reader:
        for name in ("link", "hard", "open"):
            private_file.write(tmp_path / name, b"secret")
            assert private_file.read(tmp_path / name) == b"secret"
        assert theirs.read_text() == reader.read() == ""


def test_reading_refuses_what_others_could_have_written(tmp_path: Path) -> None:
    key = tmp_path / "key"
    private_file.write(key, b"k")
    (tmp_path / "link").symlink_to(key)
    os.mkfifo(tmp_path / "pipe")
    key.chmod(0o640)
    for name, words in (("link", "a link"), ("pipe", "not a file"), ("key", "chmod 600")):
        with pytest.raises(UnsafeFileError, match=words):
            private_file.read(tmp_path / name)


@root_only
def test_a_directory_or_file_of_somebody_elses(tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    os.chown(tmp_path / "dir", NOBODY, NOBODY)
    with pytest.raises(UnsafeFileError, match=f"belongs to user id {NOBODY}"):
        private_file.write(tmp_path / "dir" / "key", b"")
    private_file.write(tmp_path / "key", b"")
    os.chown(tmp_path / "key", NOBODY, NOBODY)
    with pytest.raises(UnsafeFileError, match=f"belongs to user id {NOBODY}"):
        private_file.read(tmp_path / "key")


def test_a_directory_where_everybody_writes(tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    (tmp_path / "dir").chmod(0o777)
    with pytest.raises(UnsafeFileError, match=r"chmod o-w"):
        private_file.write(tmp_path / "dir" / "key", b"", shared=True)
    # Like /tmp: nobody can replace there what is another's.
    (tmp_path / "dir").chmod(0o1777)
    private_file.write(tmp_path / "dir" / "key", b"", shared=True)
    with pytest.raises(UnsafeFileError):
        private_file.write(tmp_path / "dir" / "key", b"")


def test_a_state_directory_that_others_may_change_is_refused(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "s")
    (tmp_path / "s").mkdir()
    (tmp_path / "s").chmod(0o777)
    for action in (state.open, state.lock, state.make, lambda: state.save(Settings(port=1))):
        with pytest.raises(
            StateError, match=r"--state .*/s: everybody may write there; mend it with `chmod o-w"
        ):
            action()
    assert not list((tmp_path / "s").iterdir())


def test_an_authority_takes_no_key_that_was_put_there(tmp_path: Path) -> None:
    pki = tmp_path / "pki"
    authority = Authority(pki)
    pair = authority.issue("admin", Identity("admin"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in pki.glob("*.key")} == {0o600}
    pair.key.chmod(0o644)
    with pytest.raises(UnsafeFileError, match=r"admin\.key"):
        authority.issue("admin", Identity("admin"))
    (tmp_path / "planted").write_bytes((pki / "ca.key").read_bytes())
    (pki / "ca.key").unlink()
    (pki / "ca.key").symlink_to(tmp_path / "planted")
    with pytest.raises(UnsafeFileError, match=r"ca\.key"):
        Authority(pki)


def test_a_kubeconfig_goes_where_the_users_link_leads(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    admin = authority.issue("admin", Identity("admin"))
    (tmp_path / "dotfiles").mkdir()
    (tmp_path / "config").symlink_to(tmp_path / "dotfiles" / "kube")
    kubeconfig.merge(tmp_path / "config", "drakkar", "https://127.0.0.1:1", authority.pair.certificate, admin)
    assert (tmp_path / "config").is_symlink()
    assert stat.S_IMODE((tmp_path / "dotfiles" / "kube").stat().st_mode) == 0o600


@root_only
def test_nobody_names_the_process_that_down_ends(tmp_path: Path) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "lock").write_text("1")
    os.chown(tmp_path / "s", NOBODY, NOBODY)
    with pytest.raises(StateError, match=f"belongs to user id {NOBODY}"):
        StateDirectory(tmp_path / "s").supervisor()
