"""Volumes on disk."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from drakkar.client.resources import CONFIGMAPS
from drakkar.kubelet.config import KubeletConfig
from drakkar.kubelet.mounts import HostPaths
from drakkar.kubelet.volumes import VolumeFailed, Volumes, publish

sys.path.insert(0, str(Path(__file__).parent))
from fake_api import FakeClient, Object, pod


@pytest.fixture
def client() -> FakeClient:
    made = FakeClient()
    made.put(CONFIGMAPS, {"metadata": {"name": "cm", "namespace": "ns"}, "data": {"a": "1", "b": "2"}})
    return made


@pytest.fixture
def volumes(tmp_path: Path, client: FakeClient) -> Volumes:
    config = KubeletConfig("n", tmp_path / "root", tmp_path, tmp_path, tmp_path)
    config.make_directories()
    at = {"podIP": "127.1.1.1", "hostIP": "127.0.0.1"}
    directory = tmp_path / "volumes"
    return Volumes(client, directory, HostPaths.of(config), at, {"cpu": "4"})  # type: ignore[arg-type]


def with_volume(volume: Object) -> Object:
    made = pod()
    made["spec"]["volumes"] = [{"name": "v", **volume}]
    return made


async def test_projected_volume_as_every_pod_has_it(volumes: Volumes, client: FakeClient) -> None:
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "cm", "items": [{"key": "a", "path": "deep/ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]
    made = with_volume({"projected": {"sources": sources, "defaultMode": 0o600}})
    await volumes.set_up(made)
    place = volumes.paths["v"]
    assert (place / "token").read_text() == "token-1" and (place / "namespace").read_text() == "ns"
    assert (place / "deep" / "ca.crt").read_text() == "1"
    assert (place / "token").stat().st_mode & 0o777 == 0o600
    await volumes.set_up(made)
    # A token that is good for long is not asked for again.
    assert client.tokens == 1


async def test_changes_arrive_together(volumes: Volumes, client: FakeClient) -> None:
    made = with_volume({"configMap": {"name": "cm"}})
    await volumes.set_up(made)
    place = volumes.paths["v"]
    before = os.readlink(place / "..data")
    await volumes.set_up(made)
    assert os.readlink(place / "..data") == before
    client.put(CONFIGMAPS, {"metadata": {"name": "cm", "namespace": "ns"}, "data": {"a": "9", "c": "3"}})
    await volumes.set_up(made)
    assert {p.name: p.read_text() for p in place.iterdir() if p.name[0] != "."} == {"a": "9", "c": "3"}
    assert not (place / before).exists()


async def test_empty_dir_and_optional_reference(volumes: Volumes) -> None:
    await volumes.set_up(with_volume({"emptyDir": {}}))
    assert list(volumes.paths["v"].iterdir()) == []
    await volumes.set_up(with_volume({"configMap": {"name": "none", "optional": True}}))
    volumes.tear_down()
    assert not volumes.paths


async def test_host_paths_of_the_kubelet_are_the_nodes_own(volumes: Volumes, tmp_path: Path) -> None:
    await volumes.set_up(with_volume({"hostPath": {"path": "/var/lib/kubelet/plugins"}}))
    assert volumes.paths["v"] == tmp_path / "root" / "kubelet" / "plugins"
    await volumes.set_up(with_volume({"hostPath": {"path": "/var/run/cdi"}}))
    assert volumes.paths["v"] == tmp_path / "root" / "cdi" / "run"
    await volumes.set_up(with_volume({"hostPath": {"path": "/var/lib/kubelet/../../tmp"}}))
    assert volumes.paths["v"] == Path("/var/tmp")


@pytest.mark.parametrize(
    ("volume", "message"),
    [
        ({"configMap": {"name": "none"}}, 'volume "v" : configmap "none" not found'),
        ({"configMap": {"name": "cm", "items": [{"key": "z", "path": "z"}]}}, "non-existent config key: z"),
        ({"configMap": {"name": "cm", "items": [{"key": "a", "path": "../z"}]}}, "leads out of its volume"),
        ({"hostPath": {"path": "/no/such/thing"}}, "does not exist"),
        ({"hostPath": {"path": "/tmp", "type": "File"}}, "is not a file"),
        ({"nfs": {}}, "volumes of type nfs are not available"),
    ],
)
async def test_what_cannot_be_had_is_named(volumes: Volumes, volume: Object, message: str) -> None:
    with pytest.raises(VolumeFailed, match=message):
        await volumes.set_up(with_volume(volume))


def test_publish_nothing(tmp_path: Path) -> None:
    publish(tmp_path / "v", {})
    assert [p.name for p in (tmp_path / "v").iterdir() if not p.name.startswith("..")] == []
