"""What of an update is stored: the part that its path may write, and the rest of what is there."""

from __future__ import annotations

import copy
from collections.abc import Callable

from drakkar.api.object import Object
from drakkar.apiserver.kinds import metadata
from drakkar.apiserver.kinds.kind import Kind

Default = Callable[[Kind, Object, Object | None], None]


def merged(
    kind: Kind, old: Object, candidate: Object, given: Object, subresource: str, default: Default
) -> Object:
    """What is stored: the candidate's part that this path may write, and the old object's rest.

    `given` is what of its metadata counts; `default` fills in what a whole object lacks. The candidate may be changed.
    """
    meta = metadata.kept(old["metadata"], given)
    part = kind.strategy.parts.get(subresource)
    if part is not None:
        return {**part(old, candidate, metadata.now()), "metadata": meta}
    if subresource == "status":
        if kind.form is None:
            return {**old, "metadata": meta, "status": candidate.get("status") or {}}
        return _with_status(old, candidate, {"metadata": meta})
    if subresource == "finalize":
        candidate = {**candidate, "metadata": meta}
        default(kind, candidate, old)
        return _with_finalizers(old, candidate)
    if subresource == "binding":
        parts: Object = {part: candidate[part] for part in ("spec", "status") if part in candidate}
        return {**old, **parts, "metadata": meta}
    return _whole(kind, old, {**candidate, "metadata": meta}, default)


def _whole(kind: Kind, old: Object, candidate: Object, default: Default) -> Object:
    if kind.form is not None:
        return _with_status(candidate, old, {}) if kind.status else candidate
    if kind.status:
        # Defaulting needs a status to stand where one stands, and must not change the stored one.
        candidate["status"] = copy.deepcopy(old.get("status") or {})
    default(kind, candidate, old)
    if kind.status:
        candidate["status"] = old.get("status") or {}
    return candidate


def _with_finalizers(old: Object, candidate: Object) -> Object:
    spec = {**(old.get("spec") or {})}
    finalizers = (candidate.get("spec") or {}).get("finalizers")
    if finalizers:
        spec["finalizers"] = finalizers
    else:
        spec.pop("finalizers", None)
    return {**old, "metadata": candidate["metadata"], "spec": spec}


def _with_status(obj: Object, other: Object, more: Object) -> Object:
    """An object with the status of another, or without one where that has none."""
    made = {**{k: v for k, v in obj.items() if k != "status"}, **more}
    return {**made, "status": other["status"]} if "status" in other else made


def with_kept_metadata(sent: Object, old: Object) -> Object:
    """What was sent, with the metadata that belongs to the server and need not be sent back."""
    return {**sent, "metadata": metadata.kept(old["metadata"], sent.get("metadata") or {})}


def counts(kind: Kind, subresource: str, old: Object, new: Object) -> bool:
    """Whether this change is one that the object's generation counts."""
    writes = subresource in ("", "scale") or (subresource != "status" and subresource in kind.strategy.parts)
    if not (writes and kind.generation) or kind.strategy.counts_nothing:
        return False
    return _counted(kind, old) != _counted(kind, new)


def _counted(kind: Kind, obj: Object) -> tuple[Object, Object]:
    """That of an object whose changes its generation counts."""
    told = {field: obj["metadata"].get(field) or {} for field in kind.strategy.counts}
    apart = ("metadata", "status") if kind.status or kind.form is None else ("metadata",)
    return {k: v for k, v in obj.items() if k not in apart}, told


def tells(kind: Kind, subresource: str) -> bool:
    """Whether what is sent there says something of the metadata."""
    return subresource in ("", "status", "finalize") or subresource in kind.strategy.parts
