"""Webhook configurations: when each webhook is asked, and how it is reached."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from drakkar.api.object import Object
from drakkar.cel.objects.composition import Composition
from drakkar.validation import formats
from drakkar.validation.admission.match_conditions import match_conditions
from drakkar.validation.admission.matching import rule_with_operations
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, text
from drakkar.validation.pod.label_selector import label_selector

_FAILURES = ("Fail", "Ignore")
_POLICIES = ("Equivalent", "Exact")
_REINVOCATIONS = ("IfNeeded", "Never")
_EFFECTS = ("None", "NoneOnDryRun")
_VERSIONS = ("v1", "v1beta1")
_MOST_SECONDS = 30
_FORM = "; desired format: https://host[/path]"


def webhooks_problems(configuration: Object) -> list[FieldError]:
    """What is wrong with the webhooks of a configuration that has its defaults."""
    found = Findings()
    seen: set[str] = set()
    for at, hook in enumerate(items(configuration, "webhooks")):
        path = f"webhooks[{at}]"
        _hook(found, path, hook)
        _versions(found, f"{path}.admissionReviewVersions", items(hook, "admissionReviewVersions"))
        name = text(hook, "name")
        if name in seen:
            found.duplicate(f"{path}.name", name)
        seen |= {name} if name else set()
    return found.listed()


def _hook(found: Findings, path: str, hook: Object) -> None:
    _qualified(found, f"{path}.name", text(hook, "name"))
    for at, rule in enumerate(items(hook, "rules")):
        rule_with_operations(found, f"{path}.rules[{at}]", rule)
    _one_of(found, f"{path}.failurePolicy", hook.get("failurePolicy"), _FAILURES)
    _one_of(found, f"{path}.matchPolicy", hook.get("matchPolicy"), _POLICIES)
    effects = hook.get("sideEffects")
    if effects is None:
        found.required(f"{path}.sideEffects", f"must specify one of {', '.join(_EFFECTS)}")
    _one_of(found, f"{path}.sideEffects", effects, _EFFECTS)
    seconds = hook.get("timeoutSeconds")
    if seconds is not None and not 1 <= seconds <= _MOST_SECONDS:
        said = f"the timeout value must be between 1 and {_MOST_SECONDS} seconds"
        found.invalid(f"{path}.timeoutSeconds", seconds, said)
    for field in ("namespaceSelector", "objectSelector"):
        label_selector(found, f"{path}.{field}", hook.get(field))
    _one_of(found, f"{path}.reinvocationPolicy", hook.get("reinvocationPolicy"), _REINVOCATIONS)
    client_config(found, f"{path}.clientConfig", hook.get("clientConfig") or {})
    match_conditions(
        found, f"{path}.matchConditions", items(hook, "matchConditions"), Composition(False, False)
    )


def _one_of(found: Findings, path: str, given: str | None, allowed: tuple[str, ...]) -> None:
    if given is not None and given not in allowed:
        found.not_supported(path, given, allowed)


def _qualified(found: Findings, path: str, name: str) -> None:
    if not name:
        found.required(path)
        return
    wrong = formats.dns_subdomain(name)
    found.each_invalid(path, name, wrong)
    if not wrong and name.count(".") < 2:
        found.invalid(path, name, "should be a domain with at least three segments separated by dots")


def _versions(found: Findings, path: str, given: list[str]) -> None:
    if not given:
        found.required(path, f"must specify one of {', '.join(_VERSIONS)}")
        return
    seen: set[str] = set()
    for at, version in enumerate(given):
        if version in seen:
            found.invalid(f"{path}[{at}]", version, "duplicate version")
            continue
        seen.add(version)
        found.each_invalid(f"{path}[{at}]", version, formats.dns_1035_label(version))
    if not seen & set(_VERSIONS):
        found.invalid(path, given, f"must include at least one of {', '.join(_VERSIONS)}")


def client_config(found: Findings, path: str, config: Object) -> None:
    """How a webhook is reached: by a URL or by a service."""
    url, service = config.get("url"), config.get("service")
    if (url is None) == (service is None):
        found.required(path, "exactly one of url or service is required")
    elif url is not None:
        _url(found, f"{path}.url", url)
    else:
        _service(found, f"{path}.service", service or {})


def _url(found: Findings, path: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        # Read here, for it is looked at only then.
        _ = parts.port
    except ValueError as failure:
        found.required(path, f"url must be a valid URL: {failure}{_FORM}")
        return
    if parts.scheme != "https":
        found.invalid(path, parts.scheme, f"'https' is the only allowed URL scheme{_FORM}")
    if not parts.netloc:
        found.invalid(path, "", f"host must be specified{_FORM}")
    for given, said in _not_permitted(parts):
        if given:
            found.invalid(path, given, f"{said} not permitted in the URL")


def _not_permitted(parts: SplitResult) -> list[tuple[str, str]]:
    return [
        (parts.netloc.rpartition("@")[0], "user information is"),
        (parts.fragment, "fragments are"),
        (parts.query, "query parameters are"),
    ]


def _service(found: Findings, path: str, service: Object) -> None:
    for field in ("name", "namespace"):
        if not text(service, field):
            found.required(f"{path}.{field}")
    port = service.get("port") or 0
    said = [f"port is not valid: {wrong}" for wrong in formats.in_range(port, 1, 65535)]
    found.each_invalid(f"{path}.port", port, said)
    url_path = service.get("path")
    if url_path in (None, "", "/"):
        return
    here = f"{path}.path"
    if url_path == "//":
        found.invalid(here, url_path, "segment[0] may not be empty")
        return
    if not url_path.startswith("/"):
        found.invalid(here, url_path, "must start with a '/'")
    for at, step in enumerate(url_path[1:].removesuffix("/").split("/")):
        if not step:
            found.invalid(here, url_path, f"segment[{at}] may not be empty")
            continue
        found.each_invalid(
            here, url_path, [f"segment[{at}]: {wrong}" for wrong in formats.dns_subdomain(step)]
        )
