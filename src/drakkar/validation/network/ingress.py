"""Ingresses: which service is behind which host and path."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.addresses import legacy_address, loosely_read
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping, text

_CLASS = "kubernetes.io/ingress.class"
_PATH_TYPES = ("Exact", "ImplementationSpecific", "Prefix")
_INSIDE, _AT_END = ("//", "/./", "/../", "%2f", "%2F"), ("/..", "/.")
_NO_ADDRESS = "must be a DNS name, not an IP address"


def ingress_problems(obj: Object) -> list[FieldError]:
    """What is wrong with an Ingress."""
    found, spec = Findings(), mapping(obj, "spec")
    rules, default = items(spec, "rules"), spec.get("defaultBackend")
    if not rules and default is None:
        said = "either `defaultBackend` or `rules` must be specified"
        found.invalid("spec", spec.get("rules"), said)
    if default is not None:
        _backend(found, "spec.defaultBackend", default)
    for at, rule in enumerate(rules):
        _rule(found, f"spec.rules[{at}]", rule)
    for at, tls in enumerate(items(spec, "tls")):
        for place, host in enumerate(items(tls, "hosts")):
            _host(found, f"spec.tls[{at}].hosts[{place}]", host)
        secret = text(tls, "secretName")
        if secret:
            found.each_invalid(f"spec.tls[{at}].secretName", secret, formats.dns_subdomain(secret))
    kind = spec.get("ingressClassName")
    if kind is not None:
        found.each_invalid("spec.ingressClassName", kind, formats.dns_subdomain(kind))
    return found.listed()


def ingress_creation_problems(obj: Object) -> list[FieldError]:
    """What is wrong only with a new Ingress: two names for its class that differ."""
    found = Findings()
    noted, kind = _noted_class(obj), mapping(obj, "spec").get("ingressClassName")
    if noted is not None and kind is not None and noted != kind:
        said = "must match `ingressClassName` when both are specified"
        found.invalid(f"annotations.{_CLASS}", noted, said)
    return found.listed()


def ingress_warnings(new: Object, old: Object | None) -> list[str]:
    """What to say of an Ingress that is taken."""
    if old is None and _noted_class(new) is not None and mapping(new, "spec").get("ingressClassName") is None:
        return [f"annotation \"{_CLASS}\" is deprecated, please use 'spec.ingressClassName' instead"]
    return []


def _noted_class(obj: Object) -> str | None:
    noted: str | None = mapping(mapping(obj, "metadata"), "annotations").get(_CLASS)
    return noted


def _rule(found: Findings, path: str, rule: Object) -> None:
    host = text(rule, "host")
    if host:
        if loosely_read(host) is not None:
            found.invalid(f"{path}.host", host, _NO_ADDRESS)
        _host(found, f"{path}.host", host)
    http = rule.get("http")
    if http is None:
        return
    paths = items(http, "paths")
    if not paths:
        found.required(f"{path}.http.paths")
    for at, one in enumerate(paths):
        _path(found, f"{path}.http.paths[{at}]", one)


def _host(found: Findings, path: str, host: str) -> None:
    rule = formats.wildcard_subdomain if "*" in host else formats.dns_subdomain
    found.each_invalid(path, host, rule(host))


def _path(found: Findings, path: str, one: Object) -> None:
    kind, given, here = one.get("pathType"), text(one, "path"), f"{path}.path"
    if kind is None:
        found.required(f"{path}.pathType", "pathType must be specified")
        return
    strict = kind in ("Exact", "Prefix")
    if kind not in _PATH_TYPES:
        found.not_supported(f"{path}.pathType", kind, _PATH_TYPES)
    elif not given.startswith("/") and (strict or given):
        found.invalid(here, given, "must be an absolute path")
    if strict:
        for part in _INSIDE:
            if part in given:
                found.invalid(here, given, f"must not contain '{part}'")
        for part in _AT_END:
            if given.endswith(part):
                found.invalid(here, given, f"cannot end with '{part}'")
    _backend(found, f"{path}.backend", mapping(one, "backend"))


def _backend(found: Findings, path: str, backend: Object) -> None:
    service, resource = backend.get("service"), backend.get("resource")
    if service is not None and resource is not None:
        found.invalid(path, "", "cannot set both resource and service backends")
    elif resource is not None:
        reference(found, f"{path}.resource", resource)
    elif service is not None:
        _service(found, path, service)
    else:
        found.invalid(path, "", "resource or service backend is required")


def _service(found: Findings, path: str, service: Object) -> None:
    name, port = text(service, "name"), mapping(service, "port")
    if not name:
        found.required(f"{path}.service.name")
    else:
        found.each_invalid(f"{path}.service.name", name, formats.dns_label(name))
    named, number = text(port, "name"), port.get("number") or 0
    if named and number:
        found.invalid(path, "", "cannot set both port name & port number")
    elif named:
        found.each_invalid(f"{path}.service.port.name", named, formats.port_name(named))
    elif number:
        said = formats.in_range(number, 1, 65535)
        found.each_invalid(f"{path}.service.port.number", number, said)
    else:
        found.required(path, "port name or number is required")


def reference(found: Findings, path: str, given: Object) -> None:
    """An object by its group, kind and name."""
    group = given.get("apiGroup")
    if group is not None:
        found.each_invalid(f"{path}.apiGroup", group, formats.dns_subdomain(group))
    for field in ("kind", "name"):
        value = text(given, field)
        if not value:
            found.required(f"{path}.{field}")
        else:
            found.each_invalid(f"{path}.{field}", value, formats.path_segment(value))


def ingress_status_problems(old: Object, new: Object) -> list[FieldError]:
    """What is wrong with the status of an Ingress."""
    found = Findings()
    for at, one in enumerate(_reached(new)):
        here, address, host = f"status.loadBalancer.ingress[{at}]", text(one, "ip"), text(one, "hostname")
        if address:
            legacy_address(found, f"{here}.ip", address)
        if host:
            found.each_invalid(f"{here}.hostname", host, formats.dns_subdomain(host))
            if loosely_read(host) is not None:
                found.invalid(f"{here}.hostname", host, _NO_ADDRESS)
    return found.listed()


def _reached(obj: Object) -> list[Object]:
    return items(mapping(mapping(obj, "status"), "loadBalancer"), "ingress")
