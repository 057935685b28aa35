"""The annotation in which kubectl keeps what it applied last, where the applying was its own work: it stays true when kubectl
has the server apply instead, so that it may go on by itself afterwards."""

from __future__ import annotations

import json
from typing import Any

from drakkar.api.go_json import escaped
from drakkar.api.object import Object

_MANAGER = "kubectl"
_ANNOTATION = "kubectl.kubernetes.io/last-applied-configuration"
# What all annotations of an object may come to.
_MOST_BYTES = 256 * 1024


def brought_up_to_date(obj: Object, configuration: Object, manager: str) -> Object:
    """The object that a manager applied a configuration to, with that in its annotation if it has one, and without one where
    that would be too long."""
    meta = obj.get("metadata") or {}
    annotations: dict[str, Any] = dict(meta.get("annotations") or {})
    if manager != _MANAGER or not annotations.get(_ANNOTATION):
        return obj
    annotations[_ANNOTATION] = _written(configuration)
    if sum(len(name.encode()) + len(str(text).encode()) for name, text in annotations.items()) > _MOST_BYTES:
        del annotations[_ANNOTATION]
    return {**obj, "metadata": {**meta, "annotations": annotations}}


def _written(configuration: Object) -> str:
    applied = configuration.get("metadata") or {}
    if _ANNOTATION in (applied.get("annotations") or {}):
        kept = {name: text for name, text in applied["annotations"].items() if name != _ANNOTATION}
        configuration = {**configuration, "metadata": {**applied, "annotations": kept}}
    return (
        escaped(json.dumps(configuration, ensure_ascii=False, separators=(",", ":"), sort_keys=True)) + "\n"
    )
