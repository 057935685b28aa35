"""The kinds of the group apiextensions.k8s.io: definitions of custom kinds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.custom.definition import names, rules
from drakkar.apiserver.kinds.conditions import CLEANUP, is_true, with_condition
from drakkar.apiserver.kinds.custom_kinds import made_ready
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import Facts, Strategy
from drakkar.apiserver.tables.definitions import DEFINITIONS
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import same
from drakkar.validation.object_meta import Rules

_IMMUTABLE = "field is immutable"
# Those that JSON leaves out where they say nothing.
_OMITTED = ("description", "format", "id", "pattern", "title", "type", "$schema")
# Rules and patterns of a definition are compiled to see what is wrong with it: a short one may be much work.
_EFFORT = 64
_FLAGS = (
    "exclusiveMaximum",
    "exclusiveMinimum",
    "nullable",
    "uniqueItems",
    "x-kubernetes-embedded-resource",
    "x-kubernetes-int-or-string",
)


def _default(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    named = spec.setdefault("names", {})
    if not named.get("singular"):
        named["singular"] = (named.get("kind") or "").lower()
    if not named.get("listKind") and named.get("kind"):
        named["listKind"] = f"{named['kind']}List"
    spec.setdefault("conversion", {"strategy": "None"})
    service = ((spec["conversion"].get("webhook") or {}).get("clientConfig") or {}).get("service")
    if isinstance(service, dict):
        service.setdefault("port", 443)
    for version in spec.get("versions") or ():
        version.setdefault("served", False)
        version.setdefault("storage", False)
        if version.get("deprecated") is False:
            del version["deprecated"]
        schema = (version.get("schema") or {}).get("openAPIV3Schema")
        if schema is not None:
            _tidy(schema)
    if spec.get("preserveUnknownFields") is False:
        del spec["preserveUnknownFields"]


def _tidy(schema: Any) -> None:
    """Leave out, in place, what says nothing."""
    waiting = [schema]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, dict):
            continue
        for name in _OMITTED:
            if one.get(name) == "":
                del one[name]
        for name in _FLAGS:
            if one.get(name) is False:
                del one[name]
        items = one.get("items")
        waiting += items if isinstance(items, list) else [items]
        waiting += [one.get("not"), one.get("additionalProperties")]
        for name in ("properties", "patternProperties", "definitions"):
            waiting += (one.get(name) or {}).values()
        for name in ("allOf", "anyOf", "oneOf"):
            waiting += one.get(name) or ()


def _generate(new: Object, old: Object | None) -> None:
    # Whatever version objects have been stored in is remembered.
    status = (old or {}).get("status") or {}
    if old is None:
        status = {"acceptedNames": {"kind": "", "plural": ""}, "conditions": []}
    stored = list(status.get("storedVersions") or ())
    for version in (new.get("spec") or {}).get("versions") or ():
        if version.get("storage") and version.get("name"):
            if version["name"] not in stored:
                stored.append(version["name"])
            break
    new["status"] = {**status, "storedVersions": stored}


def _held_back(obj: Object, now: str) -> Object:
    """A definition that is to go: its objects go first."""
    meta = dict(obj["metadata"])
    finalizers = list(meta.get("finalizers") or ())
    meta["finalizers"] = finalizers if CLEANUP in finalizers else [*finalizers, CLEANUP]
    meta["deletionTimestamp"] = now
    said = "CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon"
    return with_condition(
        {**obj, "metadata": meta}, "Terminating", "True", "InstanceDeletionPending", said, now
    )


@dataclass(frozen=True, kw_only=True)
class _Definitions(Strategy):
    def problems(self, new: Object, old: Object | None, facts: Facts) -> list[FieldError]:
        """What is wrong with a definition, or with a change of it."""
        found = rules.problems(new)
        if not found:
            made_ready(new)
        if old is None:
            return rules.name_problems(new) + found
        if found:
            known = set(rules.problems(old))
            # Of those beyond what is told nobody knows whether they were there.
            found = [one for one in found if one.is_untold or one not in known]
        return found + _changes(old, new)

    def status_problems(self, new: Object, old: Object, facts: Facts) -> list[FieldError]:
        """What is wrong with a status: its names."""
        found = Findings()
        names.check(found, (new.get("status") or {}).get("acceptedNames") or {}, "status.acceptedNames")
        return found.listed()

    def warnings(self, new: Object, old: Object | None) -> list[str]:
        """What of it nobody looks at."""
        return rules.warnings(new, old)


def _changes(old: Object, new: Object) -> list[FieldError]:
    found = Findings()
    paths = [("group",), ("names", "plural")]
    if is_true(old, "Established"):
        paths = [("scope",), ("names", "kind"), *paths]
    for path in paths:
        before, after = _at(old, path), _at(new, path)
        if not same(before, after):
            found.invalid(f"spec.{'.'.join(path)}", after or "", _IMMUTABLE, typed=path == ("scope",))
    return found.listed()


def _at(obj: Object, path: tuple[str, ...]) -> Any:
    found: Any = obj.get("spec")
    for part in path:
        found = (found or {}).get(part)
    return found


KINDS = (
    Kind(
        "apiextensions.k8s.io",
        "v1",
        "customresourcedefinitions",
        "CustomResourceDefinition",
        False,
        ("crd", "crds"),
        True,
        True,
        ("api-extensions",),
        strategy=_Definitions(
            columns=DEFINITIONS,
            default=_default,
            generate=_generate,
            held_back=_held_back,
            needs_version=True,
            effort=_EFFORT,
            metadata=Rules(formats.dns_subdomain),
        ),
    ),
)
