"""Turns a container of a pod into a ContainerSpec: image, environment, devices and mounts put together."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from drakkar.driver.errors import CdiError
from drakkar.kubelet.devices.cdi import Edits, container_edits
from drakkar.kubelet.devices.claims import PrepareError
from drakkar.kubelet.pods.environment import ROOTS_HOME, build, expand
from drakkar.kubelet.pods.host_volume import VolumeFailed
from drakkar.kubelet.pods.node_context import NodeContext
from drakkar.kubelet.pods.references import ReferenceFailed, References
from drakkar.kubelet.pods.volumes import Volumes, check_relative, prepare_sub_path
from drakkar.kubelet.runtime.container import BindMount, ContainerSpec, DeviceFile
from drakkar.kubelet.runtime.errors import ImageUnavailable, NotPermitted

Object = Mapping[str, Any]


class CannotLaunch(Exception):
    """A container that cannot be started as things are; `reason` is the waiting reason."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def pod_directory(node: NodeContext, uid: str) -> Path:
    """Where the files of a pod are."""
    return node.config.pods_dir / uid


def _volume_mounts(container: Object, volumes: Volumes, env: Mapping[str, str]) -> list[BindMount]:
    mounts: list[BindMount] = []
    for item in container.get("volumeMounts") or ():
        name = str(item["name"])
        source = volumes.paths.get(name)
        if source is None:
            raise CannotLaunch("CreateContainerConfigError", f'volume "{name}" not found')
        below = item.get("subPath") or expand(str(item.get("subPathExpr") or ""), env)
        if below:
            try:
                prepare_sub_path(source, check_relative(below))
            except (VolumeFailed, OSError) as error:
                text = (
                    f'failed to prepare subPath for volumeMount "{name}" of container "{container["name"]}"'
                )
                raise CannotLaunch("CreateContainerConfigError", f"{text}: {error}") from None
        read_only = bool(item.get("readOnly")) or name in volumes.read_only
        mounts.append(BindMount(str(source), str(item["mountPath"]), read_only, below))
    return mounts


def _device_mounts(edits: Edits) -> list[BindMount]:
    return [
        BindMount(os.path.realpath(m.host_path), m.container_path, "ro" in m.options) for m in edits.mounts
    ]


async def container_spec(
    node: NodeContext, pod: Object, container: Object, attempt: int, volumes: Volumes, pod_ip: str
) -> tuple[ContainerSpec, str]:
    """The spec of a container's next attempt and a note for the user (or ""); CannotLaunch says why there is none."""
    uid = str(pod["metadata"]["uid"])
    name = str(container["name"])
    try:
        held = node.runtime.restrict(pod, container)
    except NotPermitted as error:
        raise CannotLaunch("CreateContainerConfigError", str(error)) from None
    command, args = container.get("command") or [], container.get("args") or []
    try:
        invocation = await node.runtime.image(str(container.get("image") or ""), command, args)
    except ImageUnavailable as error:
        raise CannotLaunch("ErrImagePull", str(error)) from None
    try:
        edits = container_edits(node.config.cdi_dirs, node.dra.cdi_ids_for_container(pod, container))
    except (CdiError, PrepareError) as error:
        raise CannotLaunch("CreateContainerError", f"CDI: {error}") from None
    references = References(node.client, pod["metadata"]["namespace"])
    try:
        env = await build(
            pod, container, node.services(), references, node.facts, pod_ip, invocation.env, edits.env
        )
    except ReferenceFailed as error:
        raise CannotLaunch("CreateContainerConfigError", str(error)) from None
    if held.user and env["HOME"] == ROOTS_HOME:
        # As for a user whom the image does not know.
        env["HOME"] = "/"
    argv = tuple(expand(word, env) for word in invocation.argv)
    if not argv:
        raise CannotLaunch("CreateContainerConfigError", "the container has no command")
    mounts = _volume_mounts(container, volumes, env) + _device_mounts(edits)
    devices = tuple(
        DeviceFile(found.host_path, found.path, found.permissions) for found in edits.device_nodes
    )
    note = invocation.note
    if edits.hooks:
        note = " ".join(filter(None, (note, f"{len(edits.hooks)} CDI hooks are not run by this runtime")))
    return (
        ContainerSpec(
            pod_uid=uid,
            name=name,
            attempt=attempt,
            argv=argv,
            env=env,
            log_path=pod_directory(node, uid) / "logs" / name / f"{attempt}.log",
            cwd=expand(str(container.get("workingDir") or "/"), env),
            mounts=tuple(mounts),
            devices=devices,
            restrictions=held,
            stdin=bool(container.get("stdin")),
            image=str(container.get("image") or ""),
            spec_hash=spec_hash(container),
        ),
        note,
    )


def spec_hash(container: Object) -> str:
    """Changes when the part of a container that may change in a pod (its image) does."""
    text = json.dumps([container["name"], container.get("image")])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
