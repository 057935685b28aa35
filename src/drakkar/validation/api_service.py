"""APIService: a group version, and the service that serves it where the server itself does not."""

from __future__ import annotations

from collections.abc import Callable

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings, shown
from drakkar.validation.field_values import items, mapping, text

_STATUSES = ("True", "False", "Unknown")
_MOST_OF_GROUP, _MOST_OF_VERSION = 20000, 1000


def api_service_problems(obj: Object) -> list[FieldError]:
    """What is wrong with an APIService that has its defaults, but for its name."""
    found, spec = Findings(), mapping(obj, "spec")
    group, version = text(spec, "group"), text(spec, "version")
    if not group and version != "v1":
        found.required("spec.group", "only v1 may have an empty group and it better be legacy kube")
    if group:
        found.each_invalid("spec.group", group, formats.dns_subdomain(group))
    found.each_invalid("spec.version", version, formats.dns_1035_label(version))
    for field, most in (("groupPriorityMinimum", _MOST_OF_GROUP), ("versionPriority", _MOST_OF_VERSION)):
        priority = spec.get(field) or 0
        if not 0 < priority <= most:
            found.invalid(f"spec.{field}", priority, f"must be positive and less than {most}")
    _service(found, spec)
    return found.listed()


def name_rule(obj: Object) -> Callable[[str], list[str]]:
    """How an APIService must be called."""
    spec = mapping(obj, "spec")
    wanted = f"{text(spec, 'version')}.{text(spec, 'group')}"

    def wrong(name: str) -> list[str]:
        said = f'must be `spec.version+"."+spec.group`: {shown(wanted)}'
        return formats.path_segment(name) or ([said] if name != wanted else [])

    return wrong


def _service(found: Findings, spec: Object) -> None:
    service, bundle, insecure = spec.get("service"), text(spec, "caBundle"), spec.get("insecureSkipTLSVerify")
    if service is None:
        if bundle:
            size = len(bundle.rstrip("=")) * 3 // 4
            found.invalid("spec.caBundle", f"{size} bytes", "local APIServices may not have a caBundle")
        if insecure:
            said = "local APIServices may not have insecureSkipTLSVerify"
            found.invalid("spec.insecureSkipTLSVerify", insecure, said)
        return
    for field in ("namespace", "name"):
        if not text(service, field):
            found.required(f"spec.service.{field}")
    port = service.get("port") or 0
    wrong = formats.in_range(port, 1, 65535)
    if wrong:
        found.invalid("spec.service.port", port, f"port is not valid: {', '.join(wrong)}")
    if insecure and bundle:
        found.invalid("spec.insecureSkipTLSVerify", insecure, "may not be true if caBundle is present")


def api_service_status_problems(obj: Object) -> list[FieldError]:
    """What is wrong with the status of an APIService."""
    found = Findings()
    for at, condition in enumerate(items(mapping(obj, "status"), "conditions")):
        status = text(condition, "status")
        if status not in _STATUSES:
            found.not_supported(f"status.conditions[{at}].status", status, _STATUSES)
    return found.listed()
