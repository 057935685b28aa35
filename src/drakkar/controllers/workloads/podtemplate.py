"""Pods from pod templates, and hashes that tell one template from another."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from drakkar.api.object import Object
from drakkar.controllers.machinery.ownership import owner_reference
from drakkar.controllers.machinery.stored import metadata_in

# No vowels and none of 0, 1, 3: a hash shall neither spell a word nor be misread.
_SAFE = "bcdfghjklmnpqrstvwxz2456789"
_HASH_LENGTH = 10


def pod_from_template(
    template: Object,
    owner: Object,
    labels: Mapping[str, str] = MappingProxyType({}),
    finalizers: Sequence[str] = (),
) -> Object:
    """A pod of a workload, named after it by the server; labels and the rest come on top of the template's."""
    given = metadata_in(template)
    metadata: Object = {
        "generateName": f"{owner['metadata']['name']}-",
        "namespace": owner["metadata"]["namespace"],
        "labels": {**(given.get("labels") or {}), **labels},
        "finalizers": [*(given.get("finalizers") or ()), *finalizers],
        "annotations": given.get("annotations"),
        "ownerReferences": [owner_reference(owner)],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": copy.deepcopy({key: value for key, value in metadata.items() if value}),
        "spec": copy.deepcopy(template["spec"]),
    }


def without_empty(value: Any) -> Any:
    """The value without nulls and empty lists, which mean the same as nothing; an empty map can mean something."""
    if isinstance(value, dict):
        kept = {key: without_empty(entry) for key, entry in value.items()}
        return {key: entry for key, entry in kept.items() if entry is not None and entry != []}
    if isinstance(value, list):
        return [without_empty(entry) for entry in value]
    return value


def without_label(template: Object, label: str) -> Object:
    """A copy of the template without one label."""
    stripped = copy.deepcopy(template)
    (metadata_in(stripped).get("labels") or {}).pop(label, None)
    return stripped


def same_template(one: Object, other: Object, ignored_label: str) -> bool:
    """Whether two templates mean the same, one label aside."""
    return bool(
        without_empty(without_label(one, ignored_label)) == without_empty(without_label(other, ignored_label))
    )


def template_hash(template: Object, collisions: int = 0) -> str:
    """A short name for the template's content; another one for each count of collisions."""
    text = json.dumps(without_empty(template), sort_keys=True, separators=(",", ":"))
    number = int.from_bytes(hashlib.sha256(f"{text}\n{collisions}".encode()).digest()[:8], "big")
    letters = []
    for _ in range(_HASH_LENGTH):
        number, index = divmod(number, len(_SAFE))
        letters.append(_SAFE[index])
    return "".join(letters)
