"""Nodes: taints, what they have, the networks of their pods."""

from __future__ import annotations

import re

from drakkar.api.names import LONGEST_SUBDOMAIN
from drakkar.api.object import Object
from drakkar.api.quantity import Quantity
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings, shown
from drakkar.validation.field_values import items, mapping, text
from drakkar.validation.networks import legacy_network, loose_network, network_warnings, two_families
from drakkar.validation.pod.tolerations import EFFECTS
from drakkar.validation.resource_amounts import amount as amount_of

_IS_FEATURE = re.compile("[A-Z][a-zA-Z0-9]*(/[a-zA-Z][a-zA-Z0-9]*)*")
_FEATURE = (
    "must start with an UpperCamelCase segment, with subsequent segments separated by '/' "
    "(e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes"
)
_ONCE = 'node updates may not change podCIDR except from "" to valid'


def node_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a Node, be it new or changed."""
    found, spec = Findings(), mapping(obj, "spec")
    _taints(found, items(spec, "taints"))
    _status(found, mapping(obj, "status"))
    swap = mapping(mapping(mapping(obj, "status"), "nodeInfo"), "swap").get("capacity")
    if swap is not None and swap <= 0:
        found.invalid("metadata.nodeSwapStatus.capacity", swap, "must be greater than 0")
    _pod_networks(found, items(spec, "podCIDRs"))
    return found.listed()


def node_changes(old: Object, new: Object) -> list[FieldError]:
    """What of a Node may not change, and what is looked at in changes only."""
    found = Findings()
    before, after = mapping(old, "spec"), mapping(new, "spec")
    _addresses(found, new)
    if items(before, "podCIDRs") and items(before, "podCIDRs") != items(after, "podCIDRs"):
        found.forbidden("spec.podCIDRs", _ONCE)
    provider = text(before, "providerID")
    if provider and provider != text(after, "providerID"):
        how = "modified" if text(after, "providerID") else "cleared"
        found.invalid("spec.providerID", None, f"field cannot be {how} once set")
    if text(before, "externalID") != text(after, "externalID"):
        found.forbidden("spec.externalID", "may not be updated")
    return found.listed()


def node_status_problems(obj: Object) -> list[FieldError]:
    """What is wrong with the status of a Node."""
    found = Findings()
    _status(found, mapping(obj, "status"))
    return found.listed()


def node_warnings(new: Object, old: Object | None) -> list[str]:
    """What to say of a Node that is taken."""
    spec, warned = mapping(new, "spec"), []
    if spec.get("configSource") is not None:
        warned.append("spec.configSource: the feature is removed")
    if text(spec, "externalID"):
        warned.append("spec.externalID: this field is deprecated, and is unused by Kubernetes")
    for at, network in enumerate(items(spec, "podCIDRs")):
        warned += network_warnings(f"spec.podCIDRs[{at}]", network)
    return warned


def _taints(found: Findings, given: list[Object]) -> None:
    seen: set[tuple[str, str]] = set()
    for at, taint in enumerate(given):
        here = f"metadata.taints[{at}]"
        key, value, effect = (text(taint, part) for part in ("key", "value", "effect"))
        found.each_invalid(f"{here}.key", key, formats.label_key(key))
        said = ";".join(formats.label_value(value))
        if said:
            found.invalid(f"{here}.value", value, said)
        if not effect:
            found.required(f"{here}.effect")
        elif effect not in EFFECTS:
            found.not_supported(f"{here}.effect", effect, EFFECTS)
        if (key, effect) in seen:
            whole = {"Key": key, "Value": value, "Effect": effect, "TimeAdded": taint.get("timeAdded")}
            said = f"Duplicate value: {shown(whole)}: taints must be unique by key and effect pair"
            found.add(FieldError("FieldValueDuplicate", said, here))
        seen.add((key, effect))


def _status(found: Findings, status: Object) -> None:
    for part in ("capacity", "allocatable"):
        for name, amount in mapping(status, part).items():
            amount_of(found, f"status.{part}.{name}", name, Quantity.parse(amount))
    features = items(status, "declaredFeatures")
    for at, feature in enumerate(features):
        here = f"status.declaredFeatures[{at}]"
        if formats.size(feature) > LONGEST_SUBDOMAIN:
            said = f"must be no more than {LONGEST_SUBDOMAIN} characters"
            found.invalid(here, feature, f'invalid feature name "{feature}": {said}')
        elif not _IS_FEATURE.fullmatch(feature):
            found.invalid(here, feature, f'invalid feature name "{feature}": {_FEATURE}')
        if at and feature == features[at - 1]:
            found.duplicate(here, feature)
        elif at and feature < features[at - 1]:
            found.invalid(here, feature, "list must be sorted alphabetically")


def _pod_networks(found: Findings, given: list[str]) -> None:
    for at, network in enumerate(given):
        legacy_network(found, f"spec.podCIDRs[{at}]", network)
    read = [one for one in map(loose_network, given) if one is not None]
    if len(given) > 1 and (not two_families(read) or len(given) > 2):
        said = "may specify no more than one CIDR for each IP family"
        found.invalid("spec.podCIDRs", given, said)


def _addresses(found: Findings, obj: Object) -> None:
    seen: set[tuple[str, str]] = set()
    for at, address in enumerate(items(mapping(obj, "status"), "addresses")):
        both = (text(address, "type"), text(address, "address"))
        if both in seen:
            found.duplicate(f"status.addresses[{at}]", {"Type": both[0], "Address": both[1]})
        seen.add(both)
