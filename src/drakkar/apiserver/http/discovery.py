"""Which groups, versions and resources there are, in the aggregated and in the plain form."""

from __future__ import annotations

import base64
import hashlib

import msgspec

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind, Subresource
from drakkar.apiserver.kinds.registry import Registry

CORE_VERSIONS: Object = {
    "kind": "APIVersions",
    "versions": ["v1"],
    "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": ""}],
}


def groups(kinds: Registry) -> dict[str, tuple[str, ...]]:
    """Every group but the core one, with its versions, the preferred one first."""
    return {group: versions for group, versions in kinds.groups().items() if group}


def group(kinds: Registry, name: str) -> Object:
    """A group as an APIGroup, without kind and apiVersion."""
    served = kinds.groups()[name]
    versions = [{"groupVersion": f"{name}/{version}", "version": version} for version in served]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def group_list(kinds: Registry) -> Object:
    """The APIGroupList."""
    found = [group(kinds, name) for name in groups(kinds)]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": found}


def _hash(kind: Kind) -> str:
    """What clients tell by that objects are stored in another form than before; `kind` is the one in which they are."""
    digest = hashlib.sha256(f"{kind.group}/{kind.version}/{kind.kind}".encode()).digest()
    return base64.b64encode(digest[:8]).decode()


def _verbs(kind: Kind) -> list[str]:
    """What may be done with the objects, less what makes and changes them where no more are made."""
    return [verb for verb in kind.verbs if not kind.closed or verb not in ("create", "patch", "update")]


def _plain(kinds: Registry, kind: Kind) -> list[Object]:
    entry: Object = {
        "name": kind.plural,
        "singularName": kind.singular_name,
        "namespaced": kind.namespaced,
        "kind": kind.kind,
        "verbs": _verbs(kind),
    }
    if kind.short_names:
        entry["shortNames"] = list(kind.short_names)
    if kind.categories:
        entry["categories"] = list(kind.categories)
    if kind.stored:
        entry["storageVersionHash"] = _hash(kinds.stored(kind.resource))
    return [entry, *(_plain_subresource(kind, sub) for sub in kind.subresources)]


def _plain_subresource(kind: Kind, sub: Subresource) -> Object:
    entry: Object = {
        "name": f"{kind.plural}/{sub.name}",
        "singularName": "",
        "namespaced": kind.namespaced,
        "kind": sub.kind,
        "verbs": list(sub.verbs),
    }
    if (sub.group, sub.version) != (kind.group, kind.version):
        entry |= {"group": sub.group, "version": sub.version}
    return entry


def resource_list(kinds: Registry, group_name: str, version: str) -> Object:
    """The APIResourceList of a group version that is served."""
    resources = [entry for kind in kinds.of(group_name, version) for entry in _plain(kinds, kind)]
    name = f"{group_name}/{version}" if group_name else version
    # The core group's does not say of which version it is itself.
    said = {"kind": "APIResourceList", **({"apiVersion": "v1"} if group_name else {})}
    return {**said, "groupVersion": name, "resources": resources}


def _answered(kind: Kind, group_name: str, version: str, name: str) -> Object:
    """A kind that is answered with. Of those that are always there the version goes without saying where it is the path's."""
    if kind.form is None and (group_name, version) == (kind.group, kind.version):
        group_name = version = ""
    return {"group": group_name, "version": version, "kind": name}


def _aggregated(kind: Kind) -> Object:
    entry: Object = {
        "resource": kind.plural,
        "responseKind": _answered(kind, kind.group, kind.version, kind.kind),
        "scope": "Namespaced" if kind.namespaced else "Cluster",
        "singularResource": kind.singular_name,
        "verbs": _verbs(kind),
    }
    if kind.short_names:
        entry["shortNames"] = list(kind.short_names)
    if kind.categories:
        entry["categories"] = list(kind.categories)
    if kind.subresources:
        entry["subresources"] = [
            {
                "subresource": sub.name,
                "responseKind": _answered(kind, sub.group, sub.version, sub.kind),
                "verbs": list(sub.verbs),
            }
            for sub in kind.subresources
        ]
    return entry


def _item(kinds: Registry, group_name: str, versions: tuple[str, ...]) -> Object:
    described = [
        {
            "version": version,
            "resources": [_aggregated(kind) for kind in kinds.of(group_name, version)],
            "freshness": "Current",
        }
        for version in versions
    ]
    return {"metadata": {"name": group_name} if group_name else {}, "versions": described}


def aggregated(kinds: Registry, core: bool) -> tuple[bytes, str]:
    """The APIGroupDiscoveryList of /api or of /apis as JSON, and its entity tag."""
    return kinds.derived(("discovery", core), lambda: _listed(kinds, core))


def _listed(kinds: Registry, core: bool) -> tuple[bytes, str]:
    items = [
        _item(kinds, name, versions) for name, versions in kinds.groups().items() if bool(name) is not core
    ]
    body = msgspec.json.encode(
        {
            "kind": "APIGroupDiscoveryList",
            "apiVersion": "apidiscovery.k8s.io/v2",
            "metadata": {},
            "items": items,
        }
    )
    return body, f'"{hashlib.sha256(body).hexdigest().upper()}"'
