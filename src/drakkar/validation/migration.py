"""StorageVersionMigration: which resource is stored anew, and how far that is."""

from __future__ import annotations

import re

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.conditions import conditions
from drakkar.validation.field_error import FieldError, Findings, shown
from drakkar.validation.field_values import items, mapping, same, text

_IMMUTABLE = "field is immutable"
_VERSION = re.compile("[1-9][0-9]*")


def migration_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a migration."""
    found, resource = Findings(), mapping(mapping(obj, "spec"), "resource")
    name, group = text(resource, "resource"), text(resource, "group")
    if not name:
        found.required("spec.resource.resource", "resource is required to be set")
    elif problems := formats.dns_1035_label(name):
        found.invalid("spec.resource.resource", name, ",".join(problems))
    if group and (problems := formats.dns_subdomain(group)):
        found.invalid("spec.resource.group", group, ",".join(problems))
    return found.listed()


def migration_change_problems(old: Object, new: Object) -> list[FieldError]:
    """What is wrong with a change of a migration."""
    if same(old.get("spec"), new.get("spec")):
        return []
    return [FieldError.invalid("spec", shown(new.get("spec")), _IMMUTABLE)]


def migration_status_problems(old: Object, new: Object) -> list[FieldError]:
    """What is wrong with the status of `new` in place of that of `old`."""
    found, before, after = Findings(), mapping(old, "status"), mapping(new, "status")
    path, version = "status.resourceVersion", text(after, "resourceVersion")
    if version and not _VERSION.fullmatch(version):
        found.invalid(path, version, f"resource version is not well formed: {version}")
    given = items(after, "conditions")
    conditions(found, "status.conditions", given)
    if text(before, "resourceVersion") and text(before, "resourceVersion") != version:
        found.invalid(path, version, _IMMUTABLE)
    if _holds(after, "Succeeded") and _holds(after, "Failed"):
        said = "Both success and failed conditions cannot be true at the same time"
        found.invalid("status.conditions", given, said)
    for kind, name in (("Succeeded", "Success"), ("Failed", "Failed")):
        if _holds(before, kind) and not _holds(after, kind):
            said = f"{name} condition cannot be set to false once it is true"
            found.invalid("status.conditions", given, said)
    return found.listed()


def _holds(status: Object, kind: str) -> bool:
    found: Object = next((one for one in items(status, "conditions") if one.get("type") == kind), {})
    return found.get("status") == "True"
