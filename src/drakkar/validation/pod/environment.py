"""The variables of a container's environment, and where their values come from."""

from __future__ import annotations

from collections.abc import Callable, Collection

from drakkar.api.object import Object
from drakkar.api.quantity import Quantity
from drakkar.validation import formats
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, mapping, text
from drakkar.validation.pod.paths import no_steps_back

_FIELDS = (
    "metadata.name",
    "metadata.namespace",
    "metadata.uid",
    "spec.nodeName",
    "spec.serviceAccountName",
    "status.hostIP",
    "status.hostIPs",
    "status.podIP",
    "status.podIPs",
)
_KNOWN_FIELDS = (
    *_FIELDS,
    "metadata.annotations",
    "metadata.labels",
    "spec.restartPolicy",
    "spec.schedulerName",
    "status.phase",
)
_RESOURCES = tuple(
    f"{part}.{name}" for part in ("limits", "requests") for name in ("cpu", "ephemeral-storage", "memory")
)
_HUGE_PAGES = ("limits.hugepages-", "requests.hugepages-")
_SIZES = ("1", "1k", "1M", "1G", "1T", "1P", "1E", "1Ki", "1Mi", "1Gi", "1Ti", "1Pi", "1Ei")
_SOURCES = "`fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"


def environment(found: Findings, path: str, variables: list[Object], spec: Object) -> None:
    """Each has a name, and a value or one source of it."""
    for at, variable in enumerate(variables):
        here, name = f"{path}[{at}]", text(variable, "name")
        if not name:
            found.required(f"{here}.name")
        else:
            found.each_invalid(f"{here}.name", name, formats.variable_name(name))
        if variable.get("valueFrom") is not None:
            _source(found, f"{here}.valueFrom", variable, spec)


def _source(found: Findings, path: str, variable: Object, spec: Object) -> None:
    given = variable["valueFrom"]
    rules: dict[str, Callable[[Findings, str, Object], None]] = {
        "fieldRef": lambda found, path, one: object_field(found, path, one, _FIELDS),
        "resourceFieldRef": resource_field,
        "configMapKeyRef": _key,
        "secretKeyRef": _key,
        "fileKeyRef": lambda found, path, one: _file_key(found, path, one, spec),
    }
    sources = [name for name in rules if given.get(name) is not None]
    for name in sources:
        rules[name](found, f"{path}.{name}", given[name])
    if not sources:
        found.invalid(path, "", f"must specify one of: {_SOURCES}")
    elif text(variable, "value"):
        found.invalid(path, "", "may not be specified when `value` is not empty")
    elif len(sources) > 1:
        found.invalid(path, "", "may not have more than one field specified at a time")


def object_field(found: Findings, path: str, given: Object, fields: Collection[str]) -> None:
    """A field of the pod itself."""
    version, name = text(given, "apiVersion"), text(given, "fieldPath")
    if not version:
        found.required(f"{path}.apiVersion")
    elif not name:
        found.required(f"{path}.fieldPath")
    elif version != "v1":
        said = f"error converting fieldPath: unsupported pod version: {version}"
        found.invalid(f"{path}.fieldPath", name, said)
    elif name.endswith("']") and "['" in name:
        holder, _, key = name.removesuffix("']").partition("['")
        if holder not in ("metadata.annotations", "metadata.labels"):
            said = f"error converting fieldPath: field label does not support subscript: {name}"
            found.invalid(f"{path}.fieldPath", name, said)
            return
        key = key.lower() if holder == "metadata.annotations" else key
        found.each_invalid(path, key, formats.label_key(key))
    elif name not in (*_KNOWN_FIELDS, "spec.host"):
        said = f"error converting fieldPath: field label not supported: {name}"
        found.invalid(f"{path}.fieldPath", name, said)
    elif name not in (*fields, "spec.host"):
        found.not_supported(f"{path}.fieldPath", name, sorted(fields))


def resource_field(found: Findings, path: str, given: Object, *, of_volume: bool = False) -> None:
    """A request or limit of a container."""
    name = text(given, "resource")
    if of_volume and not text(given, "containerName"):
        found.required(f"{path}.containerName")
    elif not name:
        found.required(f"{path}.resource")
    elif name not in _RESOURCES and not name.startswith(_HUGE_PAGES):
        found.not_supported(f"{path}.resource", name, _RESOURCES)
    _divisor(found, f"{path}.divisor", name, Quantity.parse(text(given, "divisor") or "0"))


def _divisor(found: Findings, path: str, name: str, divisor: Quantity) -> None:
    kind = name.partition(".")[2]
    if not divisor.nanos or not name.startswith(("limits.", "requests.")):
        return
    if kind == "cpu":
        if divisor.format() not in ("1m", "1"):
            found.invalid(path, name, "only divisor's values 1m and 1 are supported with the cpu resource")
        return
    called = {"memory": "memory", "ephemeral-storage": "local ephemeral storage"}.get(kind)
    if kind.startswith("hugepages-"):
        called = "hugepages"
    if called and divisor.format() not in _SIZES:
        said = f"only divisor's values {', '.join(_SIZES)} are supported with the {called} resource"
        found.invalid(path, name, said)


def _key(found: Findings, path: str, given: Object) -> None:
    name, key = text(given, "name"), text(given, "key")
    found.each_invalid(f"{path}.name", name, formats.dns_subdomain(name))
    if not key:
        found.required(f"{path}.key")
    else:
        found.each_invalid(f"{path}.key", key, formats.config_key(key))


def _file_key(found: Findings, path: str, given: Object, spec: Object) -> None:
    key, volume, file = text(given, "key"), text(given, "volumeName"), text(given, "path")
    if not key:
        found.required(f"{path}.key")
    else:
        found.each_invalid(f"{path}.key", key, formats.variable_name(key))
    if not volume:
        found.required(f"{path}.volumeName")
    else:
        found.each_invalid(f"{path}.volumeName", volume, formats.dns_label(volume))
    if not file:
        found.required(f"{path}.path")
    else:
        no_steps_back(found, f"{path}.path", file)
    source = next((one for one in items(spec, "volumes") if text(one, "name") == volume), None)
    if source is None:
        found.not_found(f"{path}.volumeName", volume)
    elif source.get("emptyDir") is None:
        found.invalid(f"{path}.volumeName", volume, "referenced volume must be of type emptyDir")


def environment_from(found: Findings, path: str, sources: list[Object]) -> None:
    """All keys of a ConfigMap or Secret, each as a variable."""
    for at, source in enumerate(sources):
        here, prefix = f"{path}[{at}]", text(source, "prefix")
        if prefix:
            found.each_invalid(f"{here}.prefix", prefix, formats.variable_name(prefix))
        given = [name for name in ("configMapRef", "secretRef") if source.get(name) is not None]
        for name in given:
            referred = text(mapping(source, name), "name")
            if not referred:
                found.required(f"{here}.{name}.name")
            else:
                masked = f"{referred[:-2]}a" if len(referred) > 1 and referred.endswith("-") else referred
                found.each_invalid(f"{here}.{name}.name", referred, formats.dns_subdomain(masked))
        if not given:
            found.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`")
        elif len(given) > 1:
            found.invalid(path, "", "may not have more than one field specified at a time")
