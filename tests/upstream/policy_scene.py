"""A policy at work, and the requests that fall under it. Each scene has its own label, so that all may stand at once."""

from __future__ import annotations

from typing import Any, NamedTuple

from .policy_cases import RULE, binding, policy

Object = dict[str, Any]


MERGE = "application/merge-patch+json"


APPLY = "application/apply-patch+yaml"


CONFIGS = "/api/v1/namespaces/default/configmaps"


DRY = "?dryRun=All"


ALL = {**RULE, "operations": ["*"], "resources": ["configmaps"]}


ALICE = {"Impersonate-User": "alice", "Impersonate-Group": "system:masters", "Impersonate-Uid": "7"}


class Request(NamedTuple):
    """One request; `more` are headers."""

    verb: str
    path: str
    obj: Object | None = None
    media: str = "application/json"
    more: Object = ALICE


class Scene(NamedTuple):
    """A policy, its bindings, and what is asked then."""

    policy: Object
    bindings: tuple[Object, ...]
    requests: tuple[Request, ...]


def labelled(name: str, kind: str = "", **parts: Any) -> Object:
    meta = {"name": name, "labels": {"case": name}, **parts.pop("metadata", {})}
    return {**({"kind": kind} if kind else {}), "metadata": meta, **parts}


def scene(
    name: str, requests: list[Request], rule: Object | None = None, bindings: Any = (), **spec: Any
) -> dict[str, Scene]:
    given = {
        "matchConstraints": {
            "resourceRules": [rule or ALL],
            "objectSelector": {"matchLabels": {"case": name}},
        },
        **spec,
    }
    bound = tuple(
        binding(f"{name}-{at}" if at else name, name, **one) for at, one in enumerate(bindings or ({},))
    )
    return {name: Scene(policy(name, **given), bound, tuple(requests))}


def create(name: str, **parts: Any) -> Request:
    return Request("POST", CONFIGS + DRY, labelled(name, **parts))


def checks(*expressions: str, **more: Any) -> Object:
    return {"validations": [{"expression": one, **more} for one in expressions]}
