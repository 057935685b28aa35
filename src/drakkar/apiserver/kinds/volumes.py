"""Volumes and claims of volumes: their defaults, and two fields for what a volume is filled from."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.left_out import fill_in
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.tables import volumes
from drakkar.validation.storage.claim import (
    claim_changes,
    claim_problems,
    claim_status_problems,
    claim_warnings,
)
from drakkar.validation.storage.volume import volume_changes, volume_problems, volume_warnings

_SNAPSHOTS = "snapshot.storage.k8s.io"
_OLD_SOURCES = (("PersistentVolumeClaim", ""), ("VolumeSnapshot", _SNAPSHOTS))


def _claim(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    if spec.get("volumeMode") is None:
        spec["volumeMode"] = "Filesystem"
    fill_in(obj.setdefault("status", {}), phase="Pending")


def _sources(new: Object, old: Object | None, now: str) -> None:
    """Say in both fields what one of them says; the older one means only what it meant when it was alone."""
    spec, before = new["spec"], (old or {}).get("spec") or {}
    if (spec.get("dataSourceRef") or {}).get("namespace") and before.get("dataSourceRef") is None:
        # A source in another namespace is a feature that is off.
        spec.pop("dataSourceRef")
    first, second = spec.get("dataSource"), spec.get("dataSourceRef")
    known = second is not None or before.get("dataSource") or before.get("dataSourceRef")
    if first is not None and not known and not _is_old_source(first):
        spec.pop("dataSource")
        first = None
    if first is not None and second is None:
        spec["dataSourceRef"] = dict(first)
    elif second is not None and first is None and not second.get("namespace"):
        spec["dataSource"] = {key: value for key, value in second.items() if key != "namespace"}


def _is_old_source(source: Object) -> bool:
    return (source.get("kind") or "", source.get("apiGroup") or "") in _OLD_SOURCES


def _volume(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    if isinstance(spec.get("hostPath"), dict):
        spec["hostPath"].setdefault("type", "")
    fill_in(spec, persistentVolumeReclaimPolicy="Retain")
    if spec.get("volumeMode") is None:
        spec["volumeMode"] = "Filesystem"
    fill_in(obj.setdefault("status", {}), phase="Pending")


def _since(new: Object, old: Object | None, now: str) -> None:
    if old is None:
        new["status"]["lastPhaseTransitionTime"] = now


CLAIMS = Strategy(
    idle="no PersistentVolumeClaim is bound",
    columns=volumes.VOLUME_CLAIMS,
    default=_claim,
    prepare=_sources,
    rules=claim_problems,
    changes=claim_changes,
    status_changes=claim_status_problems,
    warns=claim_warnings,
    answers_with_object=True,
)
VOLUMES = Strategy(
    idle="no PersistentVolume is bound",
    columns=volumes.VOLUMES,
    default=_volume,
    prepare=_since,
    rules=volume_problems,
    changes=volume_changes,
    warns=volume_warnings,
    answers_with_object=True,
)
