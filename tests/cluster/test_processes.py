from __future__ import annotations

import subprocess
from pathlib import Path

import yaml

from drakkar.cluster import processes
from drakkar.cluster.state import Settings, StateDirectory


def test_each_node_has_its_own_identity_and_the_user_can_bring_parts_himself(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path)
    settings = Settings(port=6443, nodes=2, without=("scheduler", "driver"))
    made = processes.certificates(state, settings)
    started = [*processes.others(state, settings), *processes.kubelets(state, settings)]
    names = [part.name for part in started]
    assert names == ["controllers", "kubelet-drakkar-worker", "kubelet-drakkar-worker2"]
    for name in names:
        config = yaml.safe_load((tmp_path / "kubeconfigs" / name).read_text())
        assert config["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:6443"
    command = processes.apiserver(state, settings, made).command
    assert "--secure-port=6443" in command and "--bind-address=127.0.0.1" in command
    kept = made.admin.certificate.read_bytes()
    assert processes.certificates(state, settings).admin.certificate.read_bytes() == kept


def test_gates_reach_every_part_that_acts_on_them(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path)
    settings = Settings(port=1, nodes=1, simulated_nodes=1, feature_gates="AllAlpha=true")
    started = [processes.apiserver(state, settings, processes.certificates(state, settings))]
    for some in (processes.others, processes.kubelets, processes.drivers, processes.simulated):
        started += some(state, settings)
    node = "drakkar-worker"
    wanted = ["apiserver", "controllers", "scheduler", f"kubelet-{node}", f"driver-{node}", "simulated"]
    assert [part.name for part in started] == wanted
    assert all("--feature-gates=AllAlpha=true" in part.command for part in started)


def test_everything_that_is_secret_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    processes.certificates(StateDirectory(tmp_path), Settings(port=1))
    secret = [*tmp_path.rglob("*.key"), *(tmp_path / "kubeconfigs").iterdir(), tmp_path / "kubeconfig"]
    assert secret and all(path.stat().st_mode & 0o077 == 0 for path in secret)


def test_simulated_nodes_are_one_part_which_stays_to_remove_them(tmp_path: Path) -> None:
    state = StateDirectory(tmp_path)
    none, some = Settings(port=1), Settings(port=1, simulated_nodes=3, devices=4)
    processes.certificates(state, none)
    assert not list(processes.simulated(state, none))
    processes.certificates(state, some)
    (part,) = processes.simulated(state, some)
    assert part.name == "simulated" and {"--nodes=3", "--devices=4"} <= set(part.command)
    assert processes.simulated_names(some) == ["drakkar-sim-1", "drakkar-sim-2", "drakkar-sim-3"]
    assert "--nodes=0" in next(processes.simulated(state, none)).command
    without = Settings(port=1, simulated_nodes=3, without=("simulated",))
    assert not list(processes.simulated(state, without)) and not processes.simulated_names(without)


def test_a_part_runs_nothing_of_the_directory_it_is_started_in(tmp_path: Path) -> None:
    for name in ("drakkar", "http", "ssl"):
        (tmp_path / f"{name}.py").write_text("open('ran', 'w').close()")
    command = processes._drakkar("kubelet", "--help")
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0 and not (tmp_path / "ran").exists(), done.stderr
