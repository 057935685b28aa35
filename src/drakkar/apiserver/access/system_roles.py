"""Reads the roles and bindings that every cluster has from its first second, from `system_roles.txt` and `part_roles.txt`."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from importlib import resources

from drakkar.api.object import Object

GROUP = "rbac.authorization.k8s.io"
AUTOUPDATE = "rbac.authorization.kubernetes.io/autoupdate"
_KINDS = {
    "clusterrole": "ClusterRole",
    "role": "Role",
    "clusterrolebinding": "ClusterRoleBinding",
    "rolebinding": "RoleBinding",
}


def _object(kind: str, place: str) -> Object:
    namespace, _, name = place.rpartition("/")
    meta: Object = {
        "name": name,
        **({"namespace": namespace} if namespace else {}),
        "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"},
        "annotations": {AUTOUPDATE: "true"},
    }
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": meta}


def _rule(line: str) -> Object:
    verbs, *fields = (part.strip() for part in line.split("|"))
    if len(fields) == 1:
        return {"verbs": verbs.split(","), "nonResourceURLs": fields[0].split()}
    groups = ["" if group == "core" else group for group in fields[0].split(",")]
    found: Object = {"verbs": verbs.split(","), "apiGroups": groups, "resources": fields[1].split(",")}
    if len(fields) > 2:
        found["resourceNames"] = fields[2].split(",")
    return found


def _subject(line: str) -> Object:
    kind, name = line.split()
    if kind == "account":
        namespace, _, name = name.partition("/")
        return {"kind": "ServiceAccount", "name": name, "namespace": namespace}
    return {"kind": kind.capitalize(), "apiGroup": GROUP, "name": name}


def _head(line: str) -> Object:
    word, place, *more = line.split()
    obj = _object(_KINDS[word], place)
    if word.endswith("binding"):
        kind = "ClusterRole" if word.startswith("cluster") else "Role"
        obj |= {"roleRef": {"apiGroup": GROUP, "kind": kind, "name": more[0]}, "subjects": []}
        return obj
    obj["rules"] = []
    for label in more:
        if label.startswith("from:"):
            selector = {"matchLabels": {f"{GROUP}/{label.removeprefix('from:')}": "true"}}
            obj["aggregationRule"] = {"clusterRoleSelectors": [selector]}
        else:
            obj["metadata"]["labels"][f"{GROUP}/{label}"] = "true"
    return obj


def parse(lines: Iterable[str]) -> Iterator[Object]:
    """The objects that the lines describe."""
    obj: Object | None = None
    for line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            if obj is not None:
                yield obj
            obj = _head(line)
        elif obj is None:
            raise ValueError(f"{line!r} belongs to no object")
        elif "rules" in obj:
            obj["rules"].append(_rule(line.strip()))
        else:
            obj["subjects"].append(_subject(line.strip()))
    if obj is not None:
        yield obj


@functools.cache
def _lines(file: str) -> list[str]:
    found = resources.files("drakkar.apiserver.access").joinpath(file)
    return found.read_text(encoding="utf-8").splitlines()


def objects() -> Iterator[Object]:
    """Every role and binding of upstream, roles first."""
    return parse(_lines("system_roles.txt"))


def of_the_parts() -> Iterator[Object]:
    """What our own parts may do where upstream has no role or binding for it."""
    return parse(_lines("part_roles.txt"))


def rules(name: str) -> list[Object]:
    """The rules of upstream's cluster role of that name."""
    for obj in objects():
        if obj["kind"] == "ClusterRole" and obj["metadata"]["name"] == name:
            return list(obj["rules"])
    raise KeyError(name)
