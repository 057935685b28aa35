"""Mutating policies at work, and the requests that fall under them. Each scene has its own label, so that all may stand at
once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from .policy_scene import CONFIGS, DRY, Request, labelled

Object = dict[str, Any]
RULE: Object = {
    "apiGroups": ["*"],
    "apiVersions": ["*"],
    "operations": ["CREATE", "UPDATE"],
    "resources": ["configmaps", "pods", "deployments"],
}
PODS = "/api/v1/namespaces/default/pods"
DEPLOYMENTS = "/apis/apps/v1/namespaces/default/deployments"


class MutatingScene(NamedTuple):
    """Policies, their bindings, and what is asked then."""

    policies: tuple[Object, ...]
    bindings: tuple[Object, ...]
    requests: tuple[Request, ...]


def apply(expression: str) -> Object:
    return {"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}


def patch(expression: str) -> Object:
    return {"patchType": "JSONPatch", "jsonPatch": {"expression": expression}}


def operations(*parts: str) -> Object:
    return patch("[" + ", ".join(f"JSONPatch{{{one}}}" for one in parts) + "]")


def mutating(name: str, *mutations: Object, case: str = "", **spec: Any) -> Object:
    """A policy about what is labelled with its name, or with `case`, less what is given otherwise."""
    given = {
        "matchConstraints": {
            "resourceRules": [spec.pop("rule", RULE)],
            "objectSelector": {"matchLabels": {"case": case or name}},
        },
        "mutations": list(mutations),
        "reinvocationPolicy": "Never",
        **spec,
    }
    return {"metadata": {"name": name}, "spec": {k: v for k, v in given.items() if v is not None}}


def bound(name: str, policy: str, **spec: Any) -> Object:
    given = {"policyName": policy, **spec}
    return {"metadata": {"name": name}, "spec": {k: v for k, v in given.items() if v is not None}}


def scene(
    name: str,
    mutations: Sequence[Object],
    requests: Sequence[Request] = (),
    bindings: Sequence[Object] = ({},),
    **spec: Any,
) -> dict[str, MutatingScene]:
    """One policy; without requests a ConfigMap is made that it is about."""
    tied = tuple(bound(f"{name}-{at}" if at else name, name, **one) for at, one in enumerate(bindings))
    asked = tuple(requests) or (config(name),)
    return {name: MutatingScene((mutating(name, *mutations, **spec),), tied, asked)}


def config(name: str, **parts: Any) -> Request:
    return Request("POST", CONFIGS + DRY, labelled(name, **parts))


def pod(name: str, **spec: Any) -> Request:
    given = {
        "automountServiceAccountToken": False,
        "containers": [
            {
                "name": "own",
                "image": "own:1",
                "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                "ports": [{"containerPort": 80}],
                "resources": {"limits": {"cpu": "1"}},
            }
        ],
        **spec,
    }
    return Request("POST", PODS + DRY, labelled(name, spec=given))


def deployment(name: str, **spec: Any) -> Request:
    labels = {"a": "b"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "own", "image": "own:1"}]}}
    given = {"selector": {"matchLabels": labels}, "template": template, **spec}
    return Request("POST", DEPLOYMENTS + DRY, labelled(name, spec=given))
