"""What paths lead to, with and without mount namespaces."""

from __future__ import annotations

from pathlib import Path

from drakkar.kubelet.config import KubeletConfig
from drakkar.kubelet.host.paths import HostPaths
from drakkar.kubelet.runtime.container import BindMount
from drakkar.kubelet.runtime.process.mounts import Isolation, probe, rewrite


def test_rewrite_of_paths_below_mounts_only() -> None:
    mounts = [BindMount("/n/a", "/data"), BindMount("/n/b", "/data/inner/")]
    argv = ("tool", "/data", "/data/x", "/data/inner/y", "/database", "--dir=/data/z", "x=/data", "say /data")
    words, env = rewrite(argv, {"A": "/data/inner", "B": "/else"}, mounts)
    assert words == ("tool", "/n/a", "/n/a/x", "/n/b/y", "/database", "--dir=/n/a/z", "x=/data", "say /data")
    assert env == {"A": "/n/b", "B": "/else"}


def test_probe_says_what_the_node_will_do() -> None:
    found = probe()
    assert found.mode in ("mount", "user", "none")
    assert ("rewritten" in found.message) is (found.mode == "none")
    assert "no CPU or memory limits" in Isolation("user").message


def test_host_paths(tmp_path: Path) -> None:
    paths = HostPaths.of(KubeletConfig("n", tmp_path, tmp_path, tmp_path, tmp_path))
    assert paths.resolve("/etc/cdi/x.json") == (tmp_path / "cdi" / "etc", "x.json")
    assert paths.resolve("/run/cdi") == paths.resolve("/var/run/cdi") == (tmp_path / "cdi" / "run", ".")
    assert paths.resolve("/var/lib/kubelet/../../../etc/shadow") is paths.resolve("/etc/cdirom") is None
