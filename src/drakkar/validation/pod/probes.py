"""How a container is asked whether it is well, and what is done when it starts and before it ends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, mapping, text

_SCHEMES = ("HTTP", "HTTPS")
_PROTOCOLS = ("HTTP1", "HTTP2")
_GRPC_MODES = ("Plaintext", "TLS")
_COUNTS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
_NOT_NEGATIVE = "must be greater than or equal to 0"
_WINDOWS_SIGNALS = ("SIGKILL", "SIGTERM")
_LINUX_SIGNALS = tuple(
    sorted(
        (
            *(
                "SIGABRT",
                "SIGALRM",
                "SIGBUS",
                "SIGCHLD",
                "SIGCLD",
                "SIGCONT",
                "SIGFPE",
                "SIGHUP",
                "SIGILL",
                "SIGINT",
            ),
            *("SIGIO", "SIGIOT", "SIGKILL", "SIGPIPE", "SIGPOLL", "SIGPROF", "SIGPWR", "SIGQUIT", "SIGSEGV"),
            *(
                "SIGSTKFLT",
                "SIGSTOP",
                "SIGSYS",
                "SIGTERM",
                "SIGTRAP",
                "SIGTSTP",
                "SIGTTIN",
                "SIGTTOU",
                "SIGURG",
            ),
            *("SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGWINCH", "SIGXCPU", "SIGXFSZ", "SIGRTMIN", "SIGRTMAX"),
            *(f"SIGRTMIN+{number}" for number in range(1, 16)),
            *(f"SIGRTMAX-{number}" for number in range(1, 15)),
        )
    )
)


def probes(found: Findings, path: str, container: Object, spec: Object) -> None:
    """The three kinds of probe of a container."""
    for kind in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(kind)
        if probe is None:
            continue
        here = f"{path}.{kind}"
        _probe(found, here, probe, spec)
        if kind != "readinessProbe":
            if (probe.get("successThreshold") or 0) != 1:
                found.invalid(f"{here}.successThreshold", probe.get("successThreshold") or 0, "must be 1")
        elif probe.get("terminationGracePeriodSeconds") is not None:
            grace = probe["terminationGracePeriodSeconds"]
            said = "must not be set for readinessProbes"
            found.invalid(f"{here}.terminationGracePeriodSeconds", grace, said)


def _probe(found: Findings, path: str, probe: Object, spec: Object) -> None:
    _handler(found, path, probe, spec, ("exec", "httpGet", "tcpSocket", "grpc"))
    for field in _COUNTS:
        if (probe.get(field) or 0) < 0:
            found.invalid(f"{path}.{field}", probe[field], _NOT_NEGATIVE)
    grace = probe.get("terminationGracePeriodSeconds")
    if grace is not None and grace <= 0:
        found.invalid(f"{path}.terminationGracePeriodSeconds", grace, "must be greater than 0")


def lifecycle(found: Findings, path: str, container: Object, spec: Object) -> None:
    """What is done at the ends of a container's life, and the signal that ends it."""
    given = mapping(container, "lifecycle")
    for moment in ("postStart", "preStop"):
        if given.get(moment) is not None:
            kinds = ("exec", "httpGet", "tcpSocket", "sleep")
            _handler(found, f"{path}.{moment}", given[moment], spec, kinds)
    signal = given.get("stopSignal")
    if signal is None:
        return
    system = text(mapping(spec, "os"), "name")
    if spec.get("os") is None:
        found.forbidden(f"{path}.stopSignal", "may not be set for containers with empty `spec.os.name`")
    elif system in ("linux", "windows"):
        signals = _LINUX_SIGNALS if system == "linux" else _WINDOWS_SIGNALS
        if signal not in signals:
            found.not_supported(f"{path}.stopSignal", signal, signals)


def _handler(found: Findings, path: str, given: Object, spec: Object, kinds: tuple[str, ...]) -> None:
    rules: dict[str, Callable[[Findings, str, Object], None]] = {
        "exec": _exec,
        "httpGet": _http,
        "tcpSocket": lambda found, path, one: port(found, f"{path}.port", one.get("port")),
        "grpc": _grpc,
        "sleep": lambda found, path, one: _sleep(found, path, one, spec),
    }
    present = [kind for kind in kinds if given.get(kind) is not None]
    for position, kind in enumerate(present):
        if position:
            found.forbidden(f"{path}.{kind}", "may not specify more than 1 handler type")
        else:
            rules[kind](found, f"{path}.{kind}", given[kind])
    if not present:
        found.required(path, "must specify a handler type")


def _exec(found: Findings, path: str, given: Object) -> None:
    if not items(given, "command"):
        found.required(f"{path}.command")


def _http(found: Findings, path: str, given: Object) -> None:
    scheme, protocol = text(given, "scheme"), given.get("protocol")
    if not text(given, "path"):
        found.required(f"{path}.path")
    port(found, f"{path}.port", given.get("port"))
    if scheme not in _SCHEMES:
        found.not_supported(f"{path}.scheme", scheme, _SCHEMES)
    for header in items(given, "httpHeaders"):
        name = text(header, "name")
        found.each_invalid(f"{path}.httpHeaders", name, formats.header_name(name))
    if protocol is None:
        return
    if protocol not in _PROTOCOLS:
        found.not_supported(f"{path}.protocol", protocol, _PROTOCOLS)
    elif protocol == "HTTP2" and scheme != "HTTP":
        found.invalid(f"{path}.protocol", protocol, "is only supported with HTTP (H2C)")
    elif protocol == "HTTP2" and text(given, "host"):
        found.invalid(f"{path}.host", given["host"], 'must be empty when `protocol` is "HTTP2"')


def _grpc(found: Findings, path: str, given: Object) -> None:
    port(found, f"{path}.port", given.get("port"))
    mode = given.get("mode")
    if mode is not None and mode not in _GRPC_MODES:
        found.not_supported(f"{path}.mode", mode, _GRPC_MODES)


def _sleep(found: Findings, path: str, given: Object, spec: Object) -> None:
    seconds, grace = given.get("seconds") or 0, spec.get("terminationGracePeriodSeconds")
    if grace is not None and not 0 <= seconds <= grace:
        said = f"must be non-negative and less than terminationGracePeriodSeconds ({grace})"
        found.invalid(path, seconds, said)


def port(found: Findings, path: str, given: Any) -> None:
    """A port by number or name."""
    if isinstance(given, str):
        found.each_invalid(path, given, formats.port_name(given))
    else:
        # Go's plain int is a type that messages write as JSON, which is no different.
        found.each_invalid(path, given or 0, formats.in_range(given or 0, 1, 65535))
