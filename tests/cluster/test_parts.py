from __future__ import annotations

from pathlib import Path

import yaml

from drakkar.cluster import parts
from drakkar.cluster.state import Settings, StateDirectory


def test_each_node_has_its_own_identity_and_the_user_can_bring_parts_himself(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path)
    settings = Settings(port=6443, nodes=2, without=("scheduler", "driver"))
    made = parts.certificates(state, settings)
    names = [part.name for part in parts.others(state, settings)]
    assert names == ["controllers", "kubelet-drakkar-worker", "kubelet-drakkar-worker2"]
    for name in names:
        config = yaml.safe_load((tmp_path / "kubeconfigs" / name).read_text())
        assert config["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:6443"
    command = parts.apiserver(state, settings, made).command
    assert "--secure-port=6443" in command and "--bind-address=127.0.0.1" in command
    kept = made.admin.certificate.read_bytes()
    assert parts.certificates(state, settings).admin.certificate.read_bytes() == kept


def test_everything_that_is_secret_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    parts.certificates(StateDirectory(tmp_path), Settings(port=1))
    secret = [*tmp_path.rglob("*.key"), *(tmp_path / "kubeconfigs").iterdir(), tmp_path / "kubeconfig"]
    assert secret and all(path.stat().st_mode & 0o077 == 0 for path in secret)
