"""NetworkPolicies: with whom pods may speak, and at which ports."""

from __future__ import annotations

from collections.abc import Iterator

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping, text
from drakkar.validation.networks import legacy_network, loose_network, network_warnings
from drakkar.validation.pod.label_selector import label_selector

_PROTOCOLS = ("TCP", "UDP", "SCTP")
_TYPES = ("Ingress", "Egress")


def network_policy_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a NetworkPolicy."""
    found, spec = Findings(), mapping(obj, "spec")
    label_selector(found, "spec.podSelector", spec.get("podSelector"))
    for path, rule, _ in _rules(spec):
        for at, port in enumerate(items(rule, "ports")):
            _port(found, f"{path}.ports[{at}]", port)
    for path, peer in _peers(spec):
        _peer(found, path, peer)
    types = items(spec, "policyTypes")
    if len(types) > len(_TYPES):
        found.invalid("spec.policyTypes", types, "may not specify more than two policyTypes")
        return found.listed()
    for at, kind in enumerate(types):
        if kind not in _TYPES:
            found.not_supported(f"spec.policyTypes[{at}]", kind, _TYPES)
    return found.listed()


def network_policy_warnings(new: Object, old: Object | None) -> list[str]:
    """What to say of a NetworkPolicy that is taken."""
    warned = []
    for path, peer in _peers(mapping(new, "spec")):
        block = mapping(peer, "ipBlock")
        if block:
            warned += network_warnings(f"{path}.ipBlock.cidr", text(block, "cidr"))
        for at, network in enumerate(items(block, "except")):
            warned += network_warnings(f"{path}.ipBlock.except[{at}]", network)
    return warned


def _rules(spec: Object) -> Iterator[tuple[str, Object, str]]:
    for direction, peers in (("ingress", "from"), ("egress", "to")):
        for at, rule in enumerate(items(spec, direction)):
            yield f"spec.{direction}[{at}]", rule, peers


def _peers(spec: Object) -> Iterator[tuple[str, Object]]:
    for path, rule, peers in _rules(spec):
        for at, peer in enumerate(items(rule, peers)):
            yield f"{path}.{peers}[{at}]", peer


def _port(found: Findings, path: str, port: Object) -> None:
    protocol, number, last = port.get("protocol"), port.get("port"), port.get("endPort")
    if protocol is not None and protocol not in _PROTOCOLS:
        found.not_supported(f"{path}.protocol", protocol, _PROTOCOLS)
    if isinstance(number, str):
        found.each_invalid(f"{path}.port", number, formats.port_name(number))
    elif number is not None:
        found.each_invalid(f"{path}.port", number, formats.in_range(number, 1, 65535))
    if last is None:
        return
    here = f"{path}.endPort"
    if number is None:
        found.invalid(here, last, "may not be specified when `port` is not specified")
    elif isinstance(number, str):
        found.invalid(here, last, "may not be specified when `port` is non-numeric")
    else:
        if last < number:
            found.invalid(here, last, "must be greater than or equal to `port`")
        found.each_invalid(here, last, formats.in_range(last, 1, 65535))


def _peer(found: Findings, path: str, peer: Object) -> None:
    pods, namespaces, block = (peer.get(part) for part in ("podSelector", "namespaceSelector", "ipBlock"))
    label_selector(found, f"{path}.podSelector", pods)
    label_selector(found, f"{path}.namespaceSelector", namespaces)
    if block is not None:
        _block(found, f"{path}.ipBlock", block)
        if pods is not None or namespaces is not None:
            found.forbidden(path, "may not specify both ipBlock and another peer")
    elif pods is None and namespaces is None:
        found.required(path, "must specify a peer")


def _block(found: Findings, path: str, block: Object) -> None:
    given = text(block, "cidr")
    if not given:
        found.required(f"{path}.cidr")
        return
    legacy_network(found, f"{path}.cidr", given)
    whole = loose_network(given)
    for at, one in enumerate(items(block, "except") if whole is not None else ()):
        here = f"{path}.except[{at}]"
        legacy_network(found, here, one)
        part = loose_network(one)
        if part is None or whole is None:
            continue
        if part.network_address not in whole or whole.prefixlen >= part.prefixlen:
            found.invalid(here, one, "must be a strict subset of `cidr`")
