"""Decides what a DELETE does: refuse, do nothing, mark, or remove (api-conversations 1.8)."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from drakkar.api.object import Object
from drakkar.api.time import time_of, time_text
from drakkar.apiserver import errors
from drakkar.apiserver.kinds.kind import Kind
from drakkar.validation.field_error import FieldError
from drakkar.validation.field_error import shown as quoted

_FOREGROUND, _ORPHAN = "foregroundDeletion", "orphan"
_POLICIES = ("Foreground", "Background", "Orphan")


@dataclass(frozen=True, slots=True)
class Marked:
    """The object stays, changed."""

    object: Object


@dataclass(frozen=True, slots=True)
class Unchanged:
    """The object stays as it is."""


@dataclass(frozen=True, slots=True)
class Removed:
    """The object goes."""


Decision = Marked | Unchanged | Removed


def check_options(options: Object) -> None:
    """Refuse what no DELETE can mean; raises StatusError 422."""
    policy = options.get("propagationPolicy")
    if policy is not None and options.get("orphanDependents") is not None:
        said = "orphanDependents and deletionPropagation cannot be both set"
        cause = FieldError.invalid("propagationPolicy", quoted(policy), said)
        raise errors.bad_option("DeleteOptions", cause)
    if policy is not None and policy not in _POLICIES:
        cause = FieldError.unsupported("propagationPolicy", str(policy), [*_POLICIES, "nil"])
        raise errors.bad_option("DeleteOptions", cause)
    check_dry_run("DeleteOptions", options.get("dryRun") or [])


def check_dry_run(options: str, wanted: list[str]) -> None:
    """Refuse every wish but that nothing at all is done; raises StatusError 422."""
    if any(value != "All" for value in wanted):
        message = f'Unsupported value: {quoted(wanted)}: supported values: "All"'
        raise errors.bad_option(options, FieldError("FieldValueNotSupported", message, "dryRun"))


def check_preconditions(kind: Kind, obj: Object, options: Object) -> None:
    """Raises StatusError 409 when the options name another uid or resourceVersion."""
    wanted = options.get("preconditions") or {}
    meta = obj["metadata"]
    for field, title, what in (
        ("uid", "UID", "deleted and then recreated"),
        ("resourceVersion", "ResourceVersion", "modified"),
    ):
        given = wanted.get(field)
        if given and given != meta.get(field):
            if kind.strategy.finalized_by_spec:
                why = f"Precondition failed: {title} in precondition: {given}, {title} in object meta: {meta.get(field)}"
                raise errors.conflict(kind.group, kind.plural, meta["name"], why)
            why = (
                f"the {title} in the precondition ({given}) does not match the {title} in record "
                f"({meta.get(field)}). The object might have been {what}"
            )
            raise errors.conflict(kind.group, kind.kind, meta["name"], why)


def warning(kind: Kind, options: Object) -> str:
    """What to warn the client of; empty for nothing."""
    silent = not options.get("propagationPolicy") and "orphanDependents" not in options
    return kind.strategy.keeps_children if silent else ""


def decide(kind: Kind, obj: Object, options: Object, now: datetime.datetime) -> Decision:
    """What becomes of `obj`, which stands as it is stored."""
    name = obj["metadata"]["name"]
    if name in kind.strategy.protected:
        raise errors.forbidden(kind.group, kind.plural, name, f"this {kind.kind.lower()} may not be deleted")
    if kind.strategy.held_back is not None and "deletionTimestamp" not in obj["metadata"]:
        return Marked(kind.strategy.held_back(obj, time_text(now)))
    meta = dict(obj["metadata"])
    finalizers = _finalizers(kind, meta, options)
    if finalizers:
        meta["finalizers"] = finalizers
    else:
        meta.pop("finalizers", None)
    held = bool(finalizers) or (
        kind.strategy.finalized_by_spec and bool((obj.get("spec") or {}).get("finalizers"))
    )
    if "deletionTimestamp" in meta:
        return _once_more(obj, meta, options.get("gracePeriodSeconds"), held, now)
    grace = kind.strategy.grace(obj, options) if kind.strategy.grace else 0
    if not grace and not held:
        return Removed()
    moment = now + _period(grace)
    meta["deletionTimestamp"] = time_text(moment)
    if not kind.strategy.finalized_by_spec:
        meta["deletionGracePeriodSeconds"] = grace
    if meta.get("generation"):
        meta["generation"] += 1
    marked = {**obj, "metadata": meta}
    if kind.strategy.finalized_by_spec:
        marked["status"] = {**(obj.get("status") or {}), "phase": "Terminating"}
    return Marked(marked)


def _once_more(obj: Object, meta: Object, asked: int | None, held: bool, now: datetime.datetime) -> Decision:
    """What becomes of an object that is being deleted already; `meta` is changed in place. Who does not say how long it may
    take has nothing against how long it takes."""
    left = meta.get("deletionGracePeriodSeconds") or 0
    grace = left if asked is None else 1 if asked < 0 else asked
    if left and grace < left:
        if not grace and not held:
            return Removed()
        # The moment is counted from the first request, so that asking again cannot win time.
        moment = time_of(meta["deletionTimestamp"]) - _period(left) + _period(grace)
        if moment < now:
            # It is over already, and whoever waits for it has yet to end it.
            moment, grace = now, min(grace, 1)
        meta |= {"deletionTimestamp": time_text(moment), "deletionGracePeriodSeconds": grace}
    elif not left and not held:
        return Removed()
    return Unchanged() if meta == obj["metadata"] else Marked({**obj, "metadata": meta})


def _period(seconds: int) -> datetime.timedelta:
    """So many seconds, as Go has them: in nanoseconds of 64 bits, where more than 292 years come round to the other end."""
    nanos = (seconds * 10**9 + 2**63) % 2**64 - 2**63
    return datetime.timedelta(microseconds=nanos // 1000)


def _finalizers(kind: Kind, meta: Object, options: Object) -> list[str]:
    policy = options.get("propagationPolicy")
    orphan = options.get("orphanDependents")
    if not policy and orphan is not None:
        policy = "Orphan" if orphan else "Background"
    current: list[str] = list(meta.get("finalizers") or ())
    if not policy:
        if _FOREGROUND in current or _ORPHAN in current or not kind.strategy.orphans_children:
            return current
        policy = "Orphan"
    wanted = {"Foreground": _FOREGROUND, "Orphan": _ORPHAN}.get(policy)
    kept = [one for one in current if one not in (_FOREGROUND, _ORPHAN) or one == wanted]
    if wanted and wanted not in kept:
        kept.append(wanted)
    return kept


def completed_by_update(kind: Kind, old: Object, new: Object) -> bool:
    """Whether this update takes away the last thing that held an object that is being deleted."""
    meta = new["metadata"]
    if "deletionTimestamp" not in meta or meta.get("finalizers") or meta.get("deletionGracePeriodSeconds"):
        return False
    if kind.strategy.finalized_by_spec:
        return not (new.get("spec") or {}).get("finalizers")
    return bool(old["metadata"].get("finalizers"))


def answer(kind: Kind, obj: Object, now: datetime.datetime) -> Object:
    """What a DELETE that removed `obj` answers with."""
    if kind.strategy.answers_with_object:
        return _ended(obj, now) if kind.strategy.grace else obj
    details = {"name": obj["metadata"]["name"], "kind": kind.plural, "uid": obj["metadata"]["uid"]}
    if kind.group:
        details["group"] = kind.group
    return {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": details,
    }


def _ended(obj: Object, now: datetime.datetime) -> Object:
    """An object that may have had time to end, and had none."""
    meta = obj["metadata"]
    if "deletionTimestamp" in meta:
        return obj
    ended = {**meta, "deletionTimestamp": time_text(now), "deletionGracePeriodSeconds": 0}
    if meta.get("generation"):
        ended["generation"] += 1
    return {**obj, "metadata": ended}
