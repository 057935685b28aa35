"""All that is asked of a definition, in the order in which it is told."""

from __future__ import annotations

from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.custom import patterns
from drakkar.apiserver.custom.definition import (
    compiled_rules,
    conversion_rules,
    default_rules,
    names,
    openapi_rules,
    structure_rules,
    version_rules,
)
from drakkar.apiserver.custom.definition.approval import APPROVED, Approval, approval
from drakkar.apiserver.custom.definition.by_version import Parts, parts
from drakkar.apiserver.custom.schema import Schema, remembered
from drakkar.apiserver.custom.string_formats import is_supported
from drakkar.apiserver.custom.where import Where
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings

_MOST_VERSIONS = 100
_AT_ROOT = (
    "Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems "
    "MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations"
)
_ROOT_FIELDS = frozenset(
    {one[0].lower() + one[1:] for one in _AT_ROOT.split()}
    | {"x-kubernetes-preserve-unknown-fields", "x-kubernetes-validations", "nullable"}
)


def name_problems(definition: Object) -> list[FieldError]:
    """What is wrong with the name of a new definition."""
    found, spec = Findings(), definition.get("spec") or {}
    plural = (spec.get("names") or {}).get("plural") or ""
    name = (definition.get("metadata") or {}).get("name") or ""
    if name and name != f"{plural}.{spec.get('group') or ''}":
        found.invalid("metadata.name", name, 'must be spec.names.plural+"."+spec.group')
    return found.listed()


def problems(definition: Object) -> list[FieldError]:
    """What is wrong with a definition."""
    found = Findings(bounded=True)
    spec, status = definition.get("spec") or {}, definition.get("status") or {}
    _spec(found, parts(spec))
    names.check(found, status.get("acceptedNames") or {}, "status.acceptedNames")
    _stored(found, status.get("storedVersions") or [], spec.get("versions") or [])
    _approval(found, definition)
    if spec.get("preserveUnknownFields"):
        said = "cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead"
        found.invalid("spec.preserveUnknownFields", True, said)
    return found.listed()


def _spec(found: Findings, given: Parts) -> None:
    spec = given.spec
    group = spec.get("group") or ""
    wrong = formats.dns_subdomain(group, declared=True)
    if not group:
        found.required("spec.group")
    elif wrong:
        found.invalid("spec.group", group, ",".join(wrong))
    elif "." not in group:
        found.invalid("spec.group", group, "should be a domain with at least one dot")
    scope = spec.get("scope") or ""
    if not scope:
        found.required("spec.scope")
    elif scope not in ("Cluster", "Namespaced"):
        found.not_supported("spec.scope", scope, ["Cluster", "Namespaced"])
    if (given.schema or {}).get("openAPIV3Schema") is None:
        for at, version in enumerate(given.versions):
            if (version.get("schema") or {}).get("openAPIV3Schema") is None:
                found.required(f"spec.versions[{at}].schema.openAPIV3Schema")
    _versions(found, given)
    names.required(found, spec.get("names") or {}, "spec.names")
    names.check(found, spec.get("names") or {}, "spec.names")
    any_status = any(given.has_status(version) for version in given.versions)
    schema = _schema(found, given.schema, "spec.validation", any_status)
    version_rules.subresources(found, given.subresources, "spec.subresources")
    for at, column in enumerate(given.columns or ()):
        version_rules.column(found, column, f"spec.additionalPrinterColumns[{at}]")
    if given.selectable:
        if given.schema is None:
            said = "may only be set when validations.schema is included"
            found.invalid("spec.selectableFields", "", said)
        else:
            version_rules.selectable(found, given.selectable, schema, "spec.selectableFields")
    conversion_rules.check(found, spec.get("conversion") or {}, "spec.conversion")


def _versions(found: Findings, given: Parts) -> None:
    spec, path = given.spec, "spec.versions"
    for at, version in enumerate(given.versions[:_MOST_VERSIONS]):
        here = f"{path}[{at}]"
        wrong = formats.dns_1035_label(version.get("name") or "")
        if wrong:
            found.invalid(f"{here}.name", version.get("name") or "", ",".join(wrong))
        version_rules.deprecation(found, version, here)
        schema = _schema(found, version.get("schema"), f"{here}.schema", given.has_status(version))
        version_rules.subresources(found, version.get("subresources"), f"{here}.subresources")
        for number, column in enumerate(version.get("additionalPrinterColumns") or ()):
            version_rules.column(found, column, f"{here}.additionalPrinterColumns[{number}]")
        if version.get("selectableFields"):
            if (version.get("schema") or {}).get("openAPIV3Schema") is None:
                said = "may only be set when `version.schema.openAPIV3Schema` is not included"
                found.invalid(f"{here}.selectableFields", "", said)
            else:
                where = f"{here}.selectableFields"
                version_rules.selectable(found, version["selectableFields"], schema, where)
    versions = spec.get("versions") or []
    named = [version.get("name") for version in versions]
    if len(named) > _MOST_VERSIONS:
        found.too_many(path, len(named), _MOST_VERSIONS)
    if len(set(named)) != len(named):
        found.invalid(path, None, "must contain unique version names")
    if sum(bool(version.get("storage")) for version in versions) != 1:
        found.invalid(
            path, None if versions else [], "must have exactly one version marked as storage version"
        )
    if versions:
        wrong = formats.dns_1035_label(named[0] or "") if named[0] else []
        if wrong:
            found.invalid("spec.version", named[0], ",".join(wrong))


def _schema(found: Findings, validation: Object | None, path: str, status: bool) -> Schema | None:
    """The schema, once nothing is wrong with it."""
    source = (validation or {}).get("openAPIV3Schema")
    if source is None:
        return None
    here, mine = f"{path}.openAPIV3Schema", Findings(bounded=True)
    place = Where(here)
    if status:
        _root(mine, source, here)
    if source.get("nullable"):
        mine.forbidden(f"{here}.nullable", "nullable cannot be true at the root")
    beyond = structure_rules.unsupported(source)
    schema, sound = None, False
    if not beyond:
        wrong = structure_rules.problems(source, place)
        for one in wrong:
            mine.add(one)
        if not wrong:
            schema = remembered(source)
            sound = _compilable(mine, schema, here) and _defaulted(mine, schema, place)
    opened = Findings(bounded=True)
    openapi_rules.check(opened, source, place)
    mine.take(opened)
    if schema is not None and sound:
        rule_costs = compiled_rules.check(mine, schema, place, [one.field for one in opened.listed()])
        rule_costs.check(mine, here)
    if beyond and not mine.listed():
        mine.invalid(here, "", beyond)
    found.take(mine)
    return schema if schema is not None and not mine.listed() else None


def _compilable(found: Findings, schema: Schema, path: str) -> bool:
    """Whether the patterns of a schema can be compiled as long as objects wait for it."""
    large = patterns.too_large(schema)
    if large:
        said = "the patterns of the schema are too large to be compiled; this is the first that is too much"
        found.invalid(path, large, said)
    return not large


def _defaulted(found: Findings, schema: Schema, path: Where) -> bool:
    """Whether the defaults of a schema are what it allows."""
    defaults = Findings(bounded=True)
    default_rules.check(defaults, schema, path)
    found.take(defaults)
    return not defaults.listed()


def _root(found: Findings, source: Object, path: str) -> None:
    """With a status apart, what is said of the whole object must not be about its status."""
    for name, value in source.items():
        if value in (None, "", False, [], {}) or name in ("type", "nullable"):
            continue
        if name not in _ROOT_FIELDS:
            listed = f"[{_AT_ROOT}]"
            said = f"only {listed} fields are allowed at the root of the schema if the status subresource is enabled"
            found.invalid(path, None, said)
            return
    if source.get("type") and source["type"] != "object":
        said = 'only "object" is allowed as the type at the root of the schema if the status subresource is enabled'
        found.invalid(f"{path}.type", source["type"], said)


def _stored(found: Findings, stored: list[str], versions: list[Object]) -> None:
    path = "status.storedVersions"
    if not stored:
        found.invalid(path, None, "must have at least one stored version")
        return
    named = {version.get("name") for version in versions}
    for version in versions:
        if version.get("storage") and version.get("name") not in stored:
            found.invalid(path, stored, f"must have the storage version {version.get('name')}")
    for at, name in enumerate(stored):
        if name not in named:
            said = (
                f"missing from spec.versions; {name} was previously a storage version, and must remain in spec.versions "
                f"until a storage migration ensures no data remains persisted in {name} and removes {name} from "
                "status.storedVersions"
            )
            found.invalid(f"{path}[{at}]", name, said)


def _approval(found: Findings, definition: Object) -> None:
    state, why = approval(definition)
    path = f"metadata.annotations[{APPROVED}]"
    if state is Approval.MISSING:
        found.required(path, why)
    elif state is Approval.INVALID:
        found.invalid(path, definition["metadata"]["annotations"][APPROVED], why)


def warnings(new: Object, old: Object | None) -> list[str]:
    """What to warn the author of: of what the definition has, and did not have before."""
    before = set(_warnings(old)) if old is not None else set()
    return [one for one in _warnings(new) if one not in before]


def _warnings(definition: Object) -> list[str]:
    found: list[str] = []
    sets: set[str] = set()
    for source in parts(definition.get("spec") or {}).schemas():
        found += _unseen(source, sets)
    return list(dict.fromkeys([*found, *sorted(sets)]))


def _unseen(source: Object, sets: set[str]) -> list[str]:
    """The formats that nobody looks at; sets of what is no scalar are added to `sets`."""
    found = []
    waiting: list[Any] = [source]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, dict):
            continue
        named, kind = one.get("format") or "", one.get("type") or ""
        if named and not is_supported(named, (kind,) if kind else ()):
            found.append(f'unrecognized format "{named}"')
        items = one.get("items")
        of = items.get("type") if isinstance(items, dict) else None
        if one.get("x-kubernetes-list-type") == "set" and of in ("object", "array"):
            said = f'x-kubernetes-list-type: set for items of type "{of}" is not supported by'
            sets.add(f"{said} server-side apply or CEL validation rules")
        waiting += [items, one.get("not"), one.get("additionalProperties")]
        waiting += reversed((one.get("properties") or {}).values())
        for name in ("allOf", "anyOf", "oneOf"):
            waiting += one.get(name) or ()
    return found
