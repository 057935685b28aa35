"""Turns a container of a pod into a ContainerSpec: image, environment, devices and mounts put together."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from drakkar.api.object import Uid
from drakkar.api.run_pod import RunContainer, RunPod
from drakkar.driver.errors import CdiError
from drakkar.kubelet.devices.cdi import Edits
from drakkar.kubelet.devices.usable_claim import PrepareError
from drakkar.kubelet.host.paths import HostPaths
from drakkar.kubelet.host.seclusion import Seclusion
from drakkar.kubelet.pods.environment import (
    ROOTS_HOME,
    Around,
    TooLongError,
    build,
    expand_all,
    expand_known,
    expand_path,
)
from drakkar.kubelet.pods.host_volume import VolumeError
from drakkar.kubelet.pods.node_context import NodeContext
from drakkar.kubelet.pods.references import References, UnresolvedReferenceError
from drakkar.kubelet.pods.security import asked_of
from drakkar.kubelet.pods.volume_files import check_relative
from drakkar.kubelet.pods.volumes import Volumes, prepare_sub_path
from drakkar.kubelet.runtime.container import BindMount, ContainerSpec, DeviceFile, Invocation
from drakkar.kubelet.runtime.errors import ImageUnavailableError, NotPermittedError


class LaunchError(Exception):
    """A container that cannot be started as things are; `reason` is the waiting reason."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def pod_directory(node: NodeContext, uid: Uid) -> Path:
    """Where the files of a pod are."""
    return node.config.pods_dir / uid


@contextmanager
def _otherwise(reason: str, *errors: type[Exception], prefix: str = "") -> Iterator[None]:
    """What goes wrong inside with one of these errors keeps the container from being started, for this reason."""
    try:
        yield
    except errors as error:
        raise LaunchError(reason, f"{prefix}{error}") from None


def _volume_mounts(
    container: RunContainer, volumes: Volumes, env: Mapping[str, str], seclusion: Seclusion
) -> list[BindMount]:
    mounts: list[BindMount] = []
    for item in container.volume_mounts:
        source = volumes.paths.get(item.name)
        if source is None:
            raise LaunchError("CreateContainerConfigError", f'volume "{item.name}" not found')
        owned = item.name not in volumes.foreign
        with _otherwise("CreateContainerConfigError", UnresolvedReferenceError, TooLongError):
            below = item.sub_path or expand_known(item.sub_path_expr, env)
        if below:
            try:
                prepare_sub_path(source, check_relative(below), None if owned else seclusion)
            except (VolumeError, OSError, ValueError) as error:
                where = f'volumeMount "{item.name}" of container "{container.name}"'
                text = f"failed to prepare subPath for {where}: {error}"
                raise LaunchError("CreateContainerConfigError", text) from None
        read_only = item.read_only or item.name in volumes.read_only
        target = os.path.join("/", item.mount_path)
        mounts.append(BindMount(str(source), target, read_only, below, owned))
    return mounts


def _device_mounts(edits: Edits, host_paths: HostPaths) -> list[BindMount]:
    mounts: list[BindMount] = []
    for mount in edits.mounts:
        real = os.path.realpath(mount.host_path)
        # A driver may show what it keeps in the directories that it knows as the kubelet's, and no other secret.
        owned = host_paths.owns(Path(real))
        mounts.append(BindMount(real, mount.container_path, "ro" in mount.options, owned=owned))
    return mounts


def _image_files(files: Mapping[str, str]) -> list[BindMount]:
    return [BindMount(os.path.realpath(source), target, True) for target, source in files.items()]


async def container_spec(
    node: NodeContext, pod: RunPod, container: RunContainer, attempt: int, volumes: Volumes, pod_ip: str
) -> tuple[ContainerSpec, str]:
    """The spec of a container's next attempt and a note for the user (or ""); LaunchError says why there is none."""
    with _otherwise("CreateContainerConfigError", NotPermittedError):
        held = node.runtime.restrict(asked_of(pod, container))
    with _otherwise("ErrImagePull", ImageUnavailableError):
        invocation = await node.runtime.image(container.image, container.command, container.args)
    with _otherwise("CreateContainerError", CdiError, PrepareError, prefix="CDI: "):
        edits = await node.cdi.container_edits(node.dra.cdi_ids_for_container(pod, container))
    env = await _environment(node, pod, container, pod_ip, invocation, edits)
    if held.user and env["HOME"] == ROOTS_HOME:
        # As for a user whom the image does not know.
        env["HOME"] = "/"
    with _otherwise("CreateContainerConfigError", TooLongError):
        argv = expand_all(invocation.argv, env)
        directory = expand_path(container.working_dir or "/", env)
    if not argv:
        raise LaunchError("CreateContainerConfigError", "the container has no command")
    uid = pod.metadata.uid
    spec = ContainerSpec(
        pod_uid=uid,
        name=container.name,
        attempt=attempt,
        argv=argv,
        env=env,
        log_path=pod_directory(node, uid) / "logs" / container.name / f"{attempt}.log",
        cwd=directory,
        mounts=(
            *_image_files(invocation.files),
            *_volume_mounts(container, volumes, env, node.host_paths.seclusion),
            *_device_mounts(edits, node.host_paths),
        ),
        devices=tuple(DeviceFile(one.host_path, one.path, one.permissions) for one in edits.device_nodes),
        restrictions=held,
        stdin=container.stdin,
        image=container.image,
        spec_hash=spec_hash(container),
    )
    hooks = f"{len(edits.hooks)} CDI hooks are not run by this runtime" if edits.hooks else ""
    return spec, " ".join(filter(None, (invocation.note, hooks)))


async def _environment(
    node: NodeContext,
    pod: RunPod,
    container: RunContainer,
    pod_ip: str,
    invocation: Invocation,
    edits: Edits,
) -> dict[str, str]:
    references = References(node.client, pod.metadata.namespace)
    around = Around(pod, pod_ip, node.facts, references, node.services(), invocation.env, edits.env)
    with _otherwise("CreateContainerConfigError", UnresolvedReferenceError, TooLongError):
        return await build(container, around)


_RESTART = "RestartContainer"


def spec_hash(container: RunContainer) -> str:
    """Changes when what a container is started anew for does: its image, and resources of which its policy says so."""
    own = container.resources
    restarted = sorted(one.resource_name for one in container.resize_policy if one.restart_policy == _RESTART)
    amounts = [[name, own.requests.get(name), own.limits.get(name)] for name in restarted]
    text = json.dumps([container.name, container.image or None, *amounts])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
