"""Volumes on disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from kubelet.fake_api import KubeletApi, Object, pod

from drakkar.client.resources import CONFIGMAPS, PODS
from drakkar.cluster.certificates import Authority, Identity
from drakkar.kubelet.config import KubeletConfig
from drakkar.kubelet.host.beneath import LeadsOutError
from drakkar.kubelet.host.paths import HostPaths
from drakkar.kubelet.host.seclusion import Seclusion
from drakkar.kubelet.pods.host_volume import VolumeError
from drakkar.kubelet.pods.known_pod import KnownPod
from drakkar.kubelet.pods.volume_files import publish
from drakkar.kubelet.pods.volumes import Volumes, prepare_sub_path


@pytest.fixture
def client(tmp_path: Path) -> KubeletApi:
    made = KubeletApi(Authority(tmp_path / "pki").issue("accounts", Identity("accounts")).key)
    made.put(PODS, pod(serviceAccountName="default"))
    made.put(CONFIGMAPS, {"metadata": {"name": "cm", "namespace": "ns"}, "data": {"a": "1", "b": "2"}})
    return made


@pytest.fixture
def volumes(tmp_path: Path, client: KubeletApi) -> Volumes:
    keys = tmp_path / "keys"
    config = KubeletConfig("n", tmp_path / "root", keys, keys, keys)
    config.make_directories()
    at = {"podIP": "127.1.1.1", "hostIP": "127.0.0.1"}
    directory = tmp_path / "volumes"
    return Volumes(client, directory, HostPaths.of(config), at, {"cpu": "4"})


def with_volume(volume: Object, **spec: Any) -> KnownPod:
    made = pod(**spec)
    made["spec"]["volumes"] = [{"name": "v", **volume}]
    return KnownPod.of(made)


async def test_projected_volume_as_every_pod_has_it(volumes: Volumes, client: KubeletApi) -> None:
    sources = [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "cm", "items": [{"key": "a", "path": "deep/ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"fieldPath": "metadata.namespace"}}]}},
    ]
    made = with_volume({"projected": {"sources": sources, "defaultMode": 0o600}})
    await volumes.set_up(made)
    place = volumes.paths["v"]
    assert len((place / "token").read_text().split(".")) == 3 and (place / "namespace").read_text() == "ns"
    assert (place / "deep" / "ca.crt").read_text() == "1"
    assert (place / "token").stat().st_mode & 0o777 == 0o600
    await volumes.set_up(made)
    # A token that is good for long is not asked for again.
    assert [asked.resource for asked in client.asked].count("serviceaccounts/token") == 1


async def test_changes_arrive_together(volumes: Volumes, client: KubeletApi) -> None:
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
    assert list(volumes.paths["v"].glob("[!.]*")) == []


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
    with pytest.raises(VolumeError, match=message):
        await volumes.set_up(with_volume(volume))


def test_publish_nothing(tmp_path: Path) -> None:
    publish(tmp_path / "v", {})
    assert [p.name for p in (tmp_path / "v").iterdir() if not p.name.startswith("..")] == []


async def test_links_below_the_nodes_directories_lead_nowhere_else(volumes: Volumes, tmp_path: Path) -> None:
    plugins = tmp_path / "root" / "kubelet" / "plugins"
    (plugins / "out").symlink_to("/etc")
    (plugins / "up").symlink_to("../../..")
    for kind in ("", "Directory", "DirectoryOrCreate", "FileOrCreate"):
        for path in ("out/drakkar-test", "up", "up/made", "out"):
            source = {"path": f"/var/lib/kubelet/plugins/{path}", "type": kind}
            with pytest.raises(VolumeError, match=r"leads out|No such file"):
                await volumes.set_up(with_volume({"hostPath": source}))
    assert not os.path.lexists("/etc/drakkar-test") and not (tmp_path / "made").exists()
    file = {"path": "/var/lib/kubelet/plugins/file", "type": "FileOrCreate"}
    await volumes.set_up(with_volume({"hostPath": file}))
    assert volumes.paths["v"] == plugins / "file" and (plugins / "file").is_file()


async def test_a_host_path_into_the_clusters_files_is_refused(volumes: Volumes, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "root" / "pods")
    for path in (tmp_path / "root", tmp_path / "root" / "containers", tmp_path / "link"):
        with pytest.raises(VolumeError, match="no pod may mount"):
            await volumes.set_up(with_volume({"hostPath": {"path": str(path), "type": "DirectoryOrCreate"}}))


async def test_host_path_is_taken_where_its_links_lead_now(volumes: Volumes, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    await volumes.set_up(with_volume({"hostPath": {"path": str(tmp_path / "link")}}))
    assert volumes.paths["v"] == tmp_path / "there"
    with pytest.raises(VolumeError, match="is not a character device"):
        await volumes.set_up(
            with_volume({"hostPath": {"path": str(tmp_path / "link"), "type": "CharDevice"}})
        )


async def test_what_only_we_write_is_read_only(volumes: Volumes) -> None:
    await volumes.set_up(with_volume({"configMap": {"name": "cm"}}))
    assert volumes.read_only == {"v"}


@pytest.mark.parametrize("path", ["..data", "..data/x", "../x", "a/../../x", "/x", "", "a\0b"])
async def test_file_paths_that_lead_out(volumes: Volumes, path: str) -> None:
    for source in (
        {"configMap": {"name": "cm", "items": [{"key": "a", "path": path}]}},
        {"downwardAPI": {"items": [{"path": path, "fieldRef": {"fieldPath": "metadata.name"}}]}},
        {"projected": {"sources": [{"serviceAccountToken": {"path": path}}]}},
    ):
        with pytest.raises(VolumeError):
            await volumes.set_up(with_volume(source))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files to a group")
async def test_volumes_belong_to_the_pods_group(volumes: Volumes) -> None:
    for source in ({"emptyDir": {}}, {"configMap": {"name": "cm", "defaultMode": 0o400}}):
        made = with_volume(source, securityContext={"fsGroup": 4321})
        await volumes.set_up(made)
        place = volumes.paths["v"]
        found = (place if "emptyDir" in source else place / "a").stat()
        assert found.st_gid == 4321 and found.st_mode & 0o7777 == (0o2777 if "emptyDir" in source else 0o440)
        shutil.rmtree(place)


def test_sub_paths_are_made_as_their_volume(tmp_path: Path) -> None:
    volume = tmp_path.resolve() / "v"
    volume.mkdir()
    volume.chmod(0o2770)
    prepare_sub_path(volume, "a/b", None)
    assert (volume / "a" / "b").stat().st_mode & 0o7777 == 0o2770
    (volume / "link").symlink_to(tmp_path)
    with pytest.raises(LeadsOutError):
        prepare_sub_path(volume, "link/made", None)
    assert not (tmp_path / "made").exists()


def test_a_sub_path_that_is_secret_is_refused_and_nothing_made_in_it(tmp_path: Path) -> None:
    secret = tmp_path.resolve() / "s" / "state"
    (secret / "pki").mkdir(parents=True)
    (secret / "kubeconfig").touch()
    (tmp_path / "link").symlink_to("s")
    seclusion = Seclusion({}, (str(secret),))
    for path in (
        "s/state",
        "s/state/pki",
        "s/state/kubeconfig",
        "s/state/new/one",
        "link/state",
        "link/../s/state",
    ):
        with pytest.raises(VolumeError, match="no pod may mount"):
            prepare_sub_path(tmp_path.resolve(), path, seclusion)
    assert sorted(os.listdir(secret)) == ["kubeconfig", "pki"]
    prepare_sub_path(tmp_path.resolve(), "s/other", seclusion)
    assert (tmp_path / "s" / "other").is_dir()


async def test_only_what_is_somewhere_on_the_machine_is_foreign(volumes: Volumes, tmp_path: Path) -> None:
    for source, foreign in (
        ({"hostPath": {"path": "/var/lib/kubelet/plugins"}}, False),
        ({"configMap": {"name": "cm"}}, False),
        ({"hostPath": {"path": str(tmp_path)}}, True),
    ):
        await volumes.set_up(with_volume(source))
        assert ("v" in volumes.foreign) is foreign


def names(place: Path) -> list[str]:
    """Hidden ones too, less the changing part of the data directory's."""
    return sorted("..*" if name.startswith("..2") else name for name in os.listdir(place))


async def test_paths_that_collide_are_one_clear_message(volumes: Volumes, tmp_path: Path) -> None:
    sources = [
        {"configMap": {"name": "cm", "items": [{"key": "a", "path": "x/y"}]}},
        {"configMap": {"name": "cm", "items": [{"key": "b", "path": "x"}]}},
    ]
    for order in (sources, sources[::-1]):
        with pytest.raises(VolumeError) as caught:
            await volumes.set_up(with_volume({"projected": {"sources": order}}))
        text = 'MountVolume.SetUp failed for volume "v" : path "x/y" conflicts with "x", which is a file'
        assert str(caught.value) == text
    assert not list(tmp_path.glob("volumes/v/..2*"))


def test_a_file_that_cannot_be_written_leaves_all_as_it_was(tmp_path: Path) -> None:
    place = tmp_path / "v"
    publish(place, {"a": (b"1", 0o644)})
    long = "n" * 300
    with pytest.raises(VolumeError, match=f'^file "{long}" cannot be written: File name too long$'):
        publish(place, {"a": (b"2", 0o644), long: (b"", 0o644)})
    assert names(place) == ["..*", "..data", "a"] and (place / "a").read_text() == "1"


def test_what_a_life_that_ended_while_it_wrote_left_is_removed(tmp_path: Path) -> None:
    place = tmp_path / "v"
    publish(place, {"a": (b"1", 0o644)})
    (place / "..2020_01_01_00_00_00.1" / "deep").mkdir(parents=True)
    (place / "..data_tmp").symlink_to("nowhere")
    publish(place, {"a": (b"1", 0o644)})
    assert names(place) == ["..*", "..data", "a"]


def test_a_path_that_a_volume_does_not_have_hinders_no_update(tmp_path: Path) -> None:
    place = tmp_path.resolve() / "v"
    publish(place, {"a": (b"1", 0o644)})
    prepare_sub_path(place, "nokey/deep", None)
    prepare_sub_path(place, "later", None)
    publish(place, {"a": (b"2", 0o644)})
    assert (place / "a").read_text() == "2" and names(place) == ["..*", "..data", "a", "later", "nokey"]
    publish(place, {"later": (b"3", 0o644)})
    assert (place / "later").read_text() == "3" and names(place) == ["..*", "..data", "later", "nokey"]


async def test_a_volume_that_is_away_keeps_no_other_from_being_refreshed(
    volumes: Volumes, client: KubeletApi
) -> None:
    made = pod(
        volumes=[{"name": "w", "configMap": {"name": "none"}}, {"name": "v", "configMap": {"name": "cm"}}]
    )
    with pytest.raises(VolumeError, match='volume "w" : configmap "none" not found'):
        await volumes.set_up(KnownPod.of(made))
    assert (volumes.paths["v"] / "a").read_text() == "1"


async def test_a_path_of_a_thousand_directories_is_refused_in_few_words(
    volumes: Volumes, client: KubeletApi
) -> None:
    items = [{"key": "a", "path": "/".join("d" * 1000)}]
    with pytest.raises(VolumeError, match="has more than 128 directories") as refused:
        await volumes.set_up(with_volume({"configMap": {"name": "cm", "items": items}}))
    assert len(str(refused.value)) < 300
    items[0]["path"] = "/".join("d" * 128)
    await volumes.set_up(with_volume({"configMap": {"name": "cm", "items": items}}))
    assert (volumes.paths["v"] / items[0]["path"]).read_text() == "1"


def test_a_file_that_would_be_a_directory_is_found_among_many(tmp_path: Path) -> None:
    files = {f"{head}/b/c{end}": (b"", 0o644) for head in "az" for end in ("", "-", "/d", "0")}
    with pytest.raises(VolumeError, match='path "a/b/c/d" conflicts with "a/b/c", which is a file'):
        publish(tmp_path / "v", files)
