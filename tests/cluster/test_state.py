from __future__ import annotations

import os
from pathlib import Path

import pytest

from drakkar.cluster.errors import StateError
from drakkar.cluster.state import Settings, StateDirectory, default_directory


def test_what_was_saved_is_found_again(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path / "s")
    assert state.open() is None
    settings = Settings(port=1234, nodes=2, devices=3, without=("driver",))
    state.save(settings)
    assert StateDirectory(tmp_path / "s").open() == settings


def test_another_layout_is_refused_and_left_alone(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path)
    state.save(Settings(layout=99, port=1))
    before = state.settings_file.read_bytes()
    with pytest.raises(StateError, match="layout 99"):
        state.open()
    assert state.settings_file.read_bytes() == before


def test_a_directory_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("x")
    with pytest.raises(StateError, match="not empty"):
        StateDirectory(tmp_path).open()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory to somebody else")
def test_a_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    os.chown(tmp_path, 65534, 65534)
    with pytest.raises(StateError, match="belongs to user id 65534"):
        StateDirectory(tmp_path).open()


def test_one_supervisor_at_a_time_and_the_lock_tells_which(tmp_path: Path) -> None:
    first, second = StateDirectory(tmp_path), StateDirectory(tmp_path)
    assert second.supervisor() is None
    first.lock()
    with pytest.raises(StateError, match="already up"):
        second.lock()
    assert second.supervisor() == os.getpid()
    first.unlock()
    assert second.supervisor() is None


@pytest.mark.parametrize(
    ("said", "below"),
    [(None, "/home/u/.local/state"), ("", "/home/u/.local/state"), ("here", "/home/u/.local/state")],
)
def test_without_a_word_a_cluster_lives_in_the_users_state(
    monkeypatch: pytest.MonkeyPatch, said: str | None, below: str
) -> None:
    monkeypatch.setenv("HOME", "/home/u")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    if said is not None:
        monkeypatch.setenv("XDG_STATE_HOME", said)
    assert default_directory() == Path(below) / "drakkar"
    monkeypatch.setenv("XDG_STATE_HOME", "/var/states")
    assert default_directory() == Path("/var/states/drakkar")
