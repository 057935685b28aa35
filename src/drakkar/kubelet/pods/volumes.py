"""Puts a pod's volumes on disk below its directory and keeps tokens and references in them fresh."""

from __future__ import annotations

import os
import secrets as random
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drakkar.client import Client, ClientError
from drakkar.client.resources import SERVICEACCOUNTS
from drakkar.kubelet.host import beneath
from drakkar.kubelet.host.paths import HostPaths
from drakkar.kubelet.pods.host_volume import VolumeFailed, host_volume
from drakkar.kubelet.pods.references import ReferenceFailed, References, pod_field, resource_field

Object = Mapping[str, Any]
# Files of one volume: path relative to it -> content and mode.
Files = dict[str, tuple[bytes, int]]
_DEFAULT_MODE = 0o644
_TOKEN_SECONDS = 3607
# A token is asked for anew when this share of its life has passed.
_TOKEN_RENEWED = 0.8
_DATA = "..data"
_GROUP_READS = 0o440


@dataclass(slots=True)
class _Token:
    value: str
    renew_at: float


def check_relative(path: str) -> str:
    """A path that stays inside its volume, or VolumeFailed."""
    if not path or path.startswith("/") or ".." in path.split("/") or "\0" in path:
        raise VolumeFailed(f"path {path!r} leads out of its volume")
    return path


def _check_file(path: str) -> str:
    """The path of a file that we write: not one of the names that publishing uses itself either."""
    if check_relative(path).startswith(".."):
        raise VolumeFailed(f"path {path!r} must not start with '..'")
    return path


def prepare_sub_path(volume: Path, path: str) -> None:
    """See that a path below a volume is there, and inside it whatever links a container left; LeadsOut if not."""
    root = beneath.open_exactly(str(volume))
    try:
        try:
            os.close(beneath.open_beneath(root, path))
        except FileNotFoundError:
            # As the volume itself: who may write there may write below.
            beneath.make_directories(root, path, os.fstat(root).st_mode & 0o7777)
    finally:
        os.close(root)


def fs_group(pod: Object) -> int | None:
    """The group that a pod's volumes are to belong to."""
    group = (pod["spec"].get("securityContext") or {}).get("fsGroup")
    return None if group is None else int(group)


class Volumes:
    """The volumes of one pod."""

    def __init__(
        self,
        client: Client,
        directory: Path,
        host_paths: HostPaths,
        addresses: Mapping[str, str],
        allocatable: Mapping[str, str],
    ) -> None:
        self._client = client
        self._directory = directory
        self._host_paths = host_paths
        self._addresses = addresses
        self._allocatable = allocatable
        self._tokens: dict[tuple[str, str], _Token] = {}
        self._group: int | None = None
        # Where each volume is, without links.
        self.paths: dict[str, Path] = {}
        # Those that only we write: what a container put there could lead our writing elsewhere.
        self.read_only: set[str] = set()

    async def set_up(self, pod: Object) -> None:
        """Make every volume or refresh it; `paths` then tells where each is. VolumeFailed says which one cannot be."""
        references = References(self._client, pod["metadata"]["namespace"])
        self._group = fs_group(pod) if os.geteuid() == 0 else None
        for volume in pod["spec"].get("volumes") or ():
            try:
                self.paths[volume["name"]] = await self._one(pod, volume, references)
            except (ReferenceFailed, ClientError, OSError, VolumeFailed) as error:
                raise VolumeFailed(
                    f'MountVolume.SetUp failed for volume "{volume["name"]}" : {error}'
                ) from error

    async def _one(self, pod: Object, volume: Object, references: References) -> Path:
        name = str(volume["name"])
        place = self._directory.resolve() / name
        if "hostPath" in volume:
            return host_volume(self._host_paths, volume["hostPath"])
        if "emptyDir" in volume:
            place.mkdir(parents=True, exist_ok=True)
            place.chmod(0o777)
            if self._group is not None:
                os.chown(place, -1, self._group)
                place.chmod(0o2777)
            return place
        for kind in ("configMap", "secret", "downwardAPI", "projected"):
            if kind in volume:
                source = volume[kind] or {}
                mode = int(source.get("defaultMode") or _DEFAULT_MODE)
                files: Files = {}
                parts = source.get("sources") or () if kind == "projected" else ({kind: source},)
                for part in parts:
                    files |= await self._files(pod, part, references, mode)
                if self._group is not None:
                    files = {path: (data, mode | _GROUP_READS) for path, (data, mode) in files.items()}
                self.read_only.add(name)
                publish(place, files, self._group)
                return place
        kind = next((key for key in volume if key != "name"), "none")
        raise VolumeFailed(f"volumes of type {kind} are not available on this node")

    async def _files(self, pod: Object, part: Object, references: References, mode: int) -> Files:
        if "serviceAccountToken" in part:
            source = part["serviceAccountToken"]
            return {_check_file(source["path"]): ((await self._token(pod, source)).encode(), mode)}
        if "downwardAPI" in part:
            return self._downward(pod, part["downwardAPI"] or {}, mode)
        for kind in ("configMap", "secret"):
            if kind not in part:
                continue
            source = part[kind] or {}
            name = source.get("name") or source.get("secretName") or ""
            optional = bool(source.get("optional"))
            read = references.config_map if kind == "configMap" else references.secret
            return select(await read(name, optional), source.get("items"), optional, mode, name)
        raise VolumeFailed(f"projection of {next(iter(part), 'nothing')} is not available on this node")

    def _downward(self, pod: Object, source: Object, mode: int) -> Files:
        files: Files = {}
        for item in source.get("items") or ():
            if item.get("fieldRef"):
                text = pod_field(pod, item["fieldRef"]["fieldPath"], self._addresses)
            else:
                text = resource_field(
                    pod, pod["spec"]["containers"][0], item["resourceFieldRef"], self._allocatable
                )
            files[_check_file(item["path"])] = (text.encode(), int(item.get("mode") or mode))
        return files

    async def _token(self, pod: Object, source: Object) -> str:
        audience = str(source.get("audience") or "")
        key = (audience, str(source["path"]))
        known = self._tokens.get(key)
        if known is not None and time.time() < known.renew_at:
            return known.value
        meta = pod["metadata"]
        seconds = int(source.get("expirationSeconds") or _TOKEN_SECONDS)
        bound = {"apiVersion": "v1", "kind": "Pod", "name": meta["name"], "uid": meta["uid"]}
        spec: dict[str, Any] = {"expirationSeconds": seconds, "boundObjectRef": bound}
        if audience:
            spec["audiences"] = [audience]
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        account = pod["spec"].get("serviceAccountName") or "default"
        try:
            answer = await self._client.post_subresource(
                SERVICEACCOUNTS, account, "token", body, meta["namespace"]
            )
        except ClientError:
            if known is not None:
                # The old one is good for some time yet.
                return known.value
            raise
        token = _Token(str(answer["status"]["token"]), time.time() + seconds * _TOKEN_RENEWED)
        self._tokens[key] = token
        return token.value

    def tear_down(self) -> None:
        """Remove what was made for this pod; host paths stay."""
        shutil.rmtree(self._directory, ignore_errors=True)
        self.paths.clear()


def select(data: Mapping[str, bytes], items: Any, optional: bool, mode: int, name: str) -> Files:
    """The files of a reference's data: all keys, or the listed ones under their paths."""
    if not items:
        return {_check_file(key): (value, mode) for key, value in data.items()}
    files: Files = {}
    for item in items:
        if item["key"] not in data:
            if optional:
                continue
            raise VolumeFailed(f"references non-existent config key: {item['key']} of {name}")
        files[_check_file(item["path"])] = (data[item["key"]], int(item.get("mode") or mode))
    return files


def publish(place: Path, files: Files, group: int | None = None) -> None:
    """Make a directory show exactly these files, all changing in one step; `group` is whose they become.

    They lie in a hidden directory that the link `..data` names; what users see are links through it.
    """
    place.mkdir(parents=True, exist_ok=True)
    current = place / _DATA
    if current.exists() and _same(current, files):
        return
    fresh = place / f"..{time.strftime('%Y_%m_%d_%H_%M_%S')}.{random.randbelow(10**9)}"
    for path, (content, mode) in files.items():
        target = fresh / path
        target.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            if group is not None:
                os.fchown(descriptor, -1, group)
            os.fchmod(descriptor, mode)
    fresh.mkdir(exist_ok=True)
    old = os.readlink(current) if current.is_symlink() else None
    link = place / "..data_tmp"
    link.unlink(missing_ok=True)
    link.symlink_to(fresh.name)
    link.rename(current)
    heads = {path.split("/")[0] for path in files}
    for entry in place.iterdir():
        if not entry.name.startswith("..") and entry.name not in heads:
            entry.unlink()
    for head in heads:
        if not (place / head).is_symlink():
            (place / head).symlink_to(f"{_DATA}/{head}")
    if old:
        shutil.rmtree(place / old, ignore_errors=True)


def _same(current: Path, files: Files) -> bool:
    found = {str(p.relative_to(current)): p for p in current.rglob("*") if p.is_file()}
    return found.keys() == files.keys() and all(
        found[path].read_bytes() == content and (found[path].stat().st_mode & 0o777) == mode
        for path, (content, mode) in files.items()
    )
