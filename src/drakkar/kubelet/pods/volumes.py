"""Puts a pod's volumes on disk below its directory and keeps tokens and references in them fresh."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from drakkar.api.run_pod import (
    DataSource,
    DownwardSource,
    ProjectedSource,
    Projection,
    RunPod,
    TokenSource,
    Volume,
)
from drakkar.client import Client, ClientError
from drakkar.client.resources import SERVICEACCOUNTS
from drakkar.kubelet.host import beneath
from drakkar.kubelet.host.paths import HostPaths
from drakkar.kubelet.host.seclusion import Seclusion
from drakkar.kubelet.pods.host_volume import VolumeError, host_volume
from drakkar.kubelet.pods.known_pod import KnownPod
from drakkar.kubelet.pods.references import References, UnresolvedReferenceError, pod_field, resource_field
from drakkar.kubelet.pods.volume_files import Files, check_file, publish

_log = logging.getLogger(__name__)
_DEFAULT_MODE = 0o644
_TOKEN_SECONDS = 3607
# A token is asked for anew when this share of its life has passed.
_TOKEN_RENEWED = 0.8
_GROUP_READS = 0o440


@dataclass(slots=True)
class _Token:
    value: str
    renew_at: float


def prepare_sub_path(volume: Path, path: str, seclusion: Seclusion | None) -> None:
    """See that a path below a volume is there, and inside it whatever links a container left; LeadsOutError if not.

    VolumeError for one that `seclusion` holds: None for the node's own volumes, which lie among what it hides.
    """
    root = beneath.open_exactly(str(volume))
    try:
        # Before anything is made there.
        _check_open(_nearest(root, path), seclusion)
        try:
            found = beneath.open_beneath(root, path)
        except FileNotFoundError:
            # As the volume itself: who may write there may write below.
            beneath.make_directories(root, path, os.fstat(root).st_mode & 0o7777)
            found = beneath.open_beneath(root, path)
        _check_open(found, seclusion)
    finally:
        os.close(root)


def _nearest(root: int, path: str) -> int:
    """The deepest directory or file on a path's way that is there."""
    while path:
        try:
            return beneath.open_beneath(root, path)
        except FileNotFoundError:
            path = path.rpartition("/")[0]
    return os.dup(root)


def _check_open(descriptor: int, seclusion: Seclusion | None) -> None:
    try:
        if seclusion is not None and seclusion.holds_open(descriptor):
            where = os.readlink(f"/proc/self/fd/{descriptor}")
            raise VolumeError(f"{where} holds a cluster's own files, which no pod may mount")
    finally:
        os.close(descriptor)


def _written(volume: Volume) -> ProjectedSource | None:
    """What is written into a volume whose files are ours, as a projected one says it; None where they are not."""
    single = volume.config_map or volume.secret or volume.downward_api
    if single is None:
        return volume.projected
    part = Projection(config_map=volume.config_map, secret=volume.secret, downward_api=volume.downward_api)
    return ProjectedSource(sources=(part,), default_mode=single.default_mode)


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
        # Those that are somewhere on the machine, and not among the node's own directories.
        self.foreign: set[str] = set()
        # Those that only we write: what a container put there could lead our writing elsewhere.
        self.read_only: set[str] = set()

    async def set_up(self, known: KnownPod) -> None:
        """Make every volume or refresh it; `paths` then tells where each is. VolumeError says which one cannot be first."""
        pod = known.pod
        references = References(self._client, pod.metadata.namespace)
        # The group that the volumes are to belong to.
        self._group = pod.spec.security_context.fs_group if os.geteuid() == 0 else None
        failed: VolumeError | None = None
        for volume in pod.spec.volumes:
            try:
                place = await self._one(pod, volume, references)
                if place is None:
                    kind = known.volume_kind(volume.name)
                    raise VolumeError(f"volumes of type {kind} are not available on this node")
                self.paths[volume.name] = place
            except Exception as error:
                if not isinstance(
                    error, (UnresolvedReferenceError, ClientError, OSError, ValueError, VolumeError)
                ):
                    _log.exception("pod %s: volume %s", known.name, volume.name)
                # Whatever is wrong with it, its pod is told. The others are made all the same: a token that is to be
                # renewed does not wait for a ConfigMap.
                text = f'MountVolume.SetUp failed for volume "{volume.name}" : {error}'
                failed = failed or VolumeError(text)
        if failed is not None:
            raise failed

    async def _one(self, pod: RunPod, volume: Volume, references: References) -> Path | None:
        """Where a volume is; None for one of a kind that is not known here."""
        place = self._directory.resolve() / volume.name
        if volume.host_path is not None:
            if self._host_paths.resolve(volume.host_path.path) is None:
                self.foreign.add(volume.name)
            return host_volume(self._host_paths, volume.host_path)
        if volume.empty_dir is not None:
            place.mkdir(parents=True, exist_ok=True)
            place.chmod(0o777)
            if self._group is not None:
                os.chown(place, -1, self._group)
                place.chmod(0o2777)
            return place
        source = _written(volume)
        if source is None:
            return None
        files: Files = {}
        for part in source.sources:
            files |= await self._files(pod, part, references, source.default_mode or _DEFAULT_MODE)
        if self._group is not None:
            files = {path: (data, mode | _GROUP_READS) for path, (data, mode) in files.items()}
        self.read_only.add(volume.name)
        publish(place, files, self._group)
        return place

    async def _files(self, pod: RunPod, part: Projection, references: References, mode: int) -> Files:
        if part.service_account_token is not None:
            source = part.service_account_token
            return {check_file(source.path): ((await self._token(pod, source)).encode(), mode)}
        if part.downward_api is not None:
            return self._downward(pod, part.downward_api, mode)
        if part.config_map is not None:
            data = await references.config_map(part.config_map.name, part.config_map.optional)
            return select(data, part.config_map, mode)
        if part.secret is not None:
            name = part.secret.name or part.secret.secret_name
            return select(await references.secret(name, part.secret.optional), part.secret, mode)
        others = {"clusterTrustBundle": part.cluster_trust_bundle, "podCertificate": part.pod_certificate}
        what = next((name for name, source in others.items() if source is not None), "nothing")
        raise VolumeError(f"projection of {what} is not available on this node")

    def _downward(self, pod: RunPod, source: DownwardSource, mode: int) -> Files:
        files: Files = {}
        for item in source.items:
            if item.field_ref is not None:
                text = pod_field(pod, item.field_ref.field_path, self._addresses)
            elif item.resource_field_ref is not None:
                first = pod.spec.containers[0]
                text = resource_field(pod, first, item.resource_field_ref, self._allocatable)
            else:
                raise VolumeError(f"file {item.path} is from nowhere that this node knows")
            files[check_file(item.path)] = (text.encode(), item.mode or mode)
        return files

    async def _token(self, pod: RunPod, source: TokenSource) -> str:
        key = (source.audience, source.path)
        known = self._tokens.get(key)
        if known is not None and time.time() < known.renew_at:
            return known.value
        meta = pod.metadata
        seconds = source.expiration_seconds or _TOKEN_SECONDS
        bound = {"apiVersion": "v1", "kind": "Pod", "name": meta.name, "uid": meta.uid}
        spec: dict[str, Any] = {"expirationSeconds": seconds, "boundObjectRef": bound}
        if source.audience:
            spec["audiences"] = [source.audience]
        body = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        account = pod.spec.service_account_name or "default"
        try:
            answer = await self._client.post_subresource(
                SERVICEACCOUNTS, account, "token", body, meta.namespace
            )
        except ClientError:
            if known is not None:
                # The old one is good for some time yet.
                return known.value
            raise
        token = _Token(str(answer["status"]["token"]), time.time() + seconds * _TOKEN_RENEWED)
        self._tokens[key] = token
        return token.value


def select(data: Mapping[str, bytes], source: DataSource, mode: int) -> Files:
    """The files of a reference's data: all keys, or the listed ones under their paths."""
    if not source.items:
        return {check_file(key): (value, mode) for key, value in data.items()}
    files: Files = {}
    for item in source.items:
        if item.key not in data:
            if source.optional:
                continue
            name = source.name or source.secret_name
            raise VolumeError(f"references non-existent config key: {item.key} of {name}")
        files[check_file(item.path)] = (data[item.key], item.mode or mode)
    return files
