"""What paths lead to, with and without mount namespaces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drakkar.kubelet.config import KubeletConfig
from drakkar.kubelet.host.paths import HostPaths
from drakkar.kubelet.runtime.container import BindMount, ContainerSpec, DeviceFile, Restrictions
from drakkar.kubelet.runtime.process.mounts import Isolation, fitted, probe, rewrite


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


def asked(**more: Any) -> ContainerSpec:
    devices = (DeviceFile("/dev/null", "/dev/null"), DeviceFile("/dev/zero", "/dev/mine"))
    mounts = (BindMount("/host/data", "/data"),)
    argv = ("cat", "/data/a", "/dev/mine", "/dev/null")
    return ContainerSpec(
        "uid", "c", 0, argv, {"D": "/data"}, Path("/log"), "/data/x/..", mounts, devices=devices, **more
    )


@pytest.mark.parametrize("mode", ["mount", "user"])
def test_devices_are_mounted_where_the_container_has_a_dev_of_its_own(mode: str) -> None:
    found = fitted(asked(), Isolation(mode))
    assert [mount.target for mount in found.mounts] == ["/data", "/dev/null", "/dev/mine"]
    assert all(mount.read_only for mount in found.mounts[1:]) and not found.devices
    assert (found.argv, found.env, found.cwd) == (asked().argv, {"D": "/data"}, "/data")


def test_a_container_with_the_hosts_devices_lacks_renamed_ones_only() -> None:
    found = fitted(asked(restrictions=Restrictions(host_devices=True)), Isolation("mount"))
    assert [mount.target for mount in found.mounts] == ["/data", "/dev/mine"]


def test_without_mounts_paths_lead_to_the_host() -> None:
    found = fitted(asked(), Isolation("none"))
    assert found.argv == ("cat", "/host/data/a", "/dev/zero", "/dev/null")
    assert (found.env, found.cwd) == ({"D": "/host/data"}, "/host/data")
