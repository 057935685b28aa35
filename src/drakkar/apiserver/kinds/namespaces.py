"""Namespaces: their defaults, and who must be done with them before they go."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.left_out import fill_in
from drakkar.apiserver.kinds.strategy import Strategy, selectable
from drakkar.apiserver.tables.cluster import NAMESPACES
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError
from drakkar.validation.namespace import (
    namespace_finalizer_problems,
    namespace_problems,
    namespace_status_problems,
)
from drakkar.validation.object_meta import Rules

_FINALIZER = "kubernetes"


def _default(obj: Object) -> None:
    obj["metadata"].setdefault("labels", {})["kubernetes.io/metadata.name"] = obj["metadata"].get("name", "")
    obj.setdefault("status", {}).setdefault("phase", "Active")


def _generate(new: Object, old: Object | None) -> None:
    given = (new.get("spec") or {}).get("finalizers") or []
    if old is None and _FINALIZER not in given:
        new["spec"] = {**(new.get("spec") or {}), "finalizers": [*given, _FINALIZER]}
    elif old is not None and "finalizers" in (old.get("spec") or {}):
        new["spec"] = {**(new.get("spec") or {}), "finalizers": old["spec"]["finalizers"]}


def _status_changes(old: Object, new: Object) -> list[FieldError]:
    fill_in(new["status"], phase="Active")
    return namespace_status_problems(new)


STRATEGY = Strategy(
    columns=NAMESPACES,
    default=_default,
    generate=_generate,
    rules=namespace_problems,
    status_changes=_status_changes,
    finalizer_rules=namespace_finalizer_problems,
    metadata=Rules(formats.dns_label),
    fields=selectable("status.phase"),
    answers_with_object=True,
    finalized_by_spec=True,
    protected=frozenset({"default", "kube-system", "kube-public"}),
)
