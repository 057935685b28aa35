from __future__ import annotations

import socket
from pathlib import Path

import pytest

from drakkar.cluster.errors import StateError
from drakkar.cluster.running import Wanted, check_port, settle
from drakkar.cluster.state import Settings, StateDirectory


def test_a_second_start_keeps_what_the_cluster_had_unless_told_otherwise(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path)
    state.save(Settings(port=7000, nodes=3, devices=2, without=("driver",)))
    assert settle(state, Wanted()) == Settings(port=7000, nodes=3, devices=2, without=("driver",))
    assert settle(state, Wanted(nodes=1, without=())) == Settings(port=7000, nodes=1, devices=2)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (Wanted(without=("etcd",)), "--without etcd: no such part; the parts are apiserver, controllers"),
        (Wanted(nodes=-1), "--nodes -1: from 0 to 100"),
        (
            Wanted(feature_gates="DRADeviceTaint=true"),
            "--feature-gates: unrecognized feature gate: DRADeviceTaint;",
        ),
        (Wanted(devices=-1), "--devices -1: from 0 to 128"),
        (Wanted(devices=129), "--devices 129: from 0 to 128"),
    ],
)
def test_what_cannot_be_had_is_named_and_nothing_is_written(
    tmp_path: Path, wanted: Wanted, message: str
) -> None:
    state = StateDirectory(tmp_path / "new")
    with pytest.raises(StateError, match=message):
        settle(state, wanted)
    assert not state.path.exists()


def test_a_port_in_use_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StateError, match=f"--port {port}: Address already in use"):
            check_port(port)
