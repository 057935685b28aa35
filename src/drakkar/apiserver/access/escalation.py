"""Nobody gives away rights that he does not hold.

A role's writer needs its rules or the verb `escalate`, a binding's the rules of its role or the verb `bind`.
"""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.access.collector_fields import only_these_change
from drakkar.apiserver.access.policy_rule import Attributes, is_rule
from drakkar.apiserver.access.rbac import aggregate
from drakkar.apiserver.access.requester import MASTERS, Requester
from drakkar.apiserver.access.rule_coverage import TooManyRightsError, described, missing_in
from drakkar.apiserver.kinds.kind import Kind

_GROUP = "rbac.authorization.k8s.io"
_EVERYTHING: list[Object] = [
    {"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]},
    {"verbs": ["*"], "nonResourceURLs": ["*"]},
]
_AGGREGATION = "must have cluster-admin privileges to use the aggregationRule"


def check(kind: Kind, namespace: str, new: Object, old: Object | None, requester: Requester) -> None:
    """Let a role or a binding be written, or raise StatusError 403 (404 for a binding to no role)."""
    if kind.group != _GROUP or MASTERS in requester.user.groups:
        return
    is_role = kind.plural in ("roles", "clusterroles")
    if is_role and _may_escalate(kind, requester):
        return
    if old is not None and only_these_change(old, new):
        return
    name = (new.get("metadata") or {}).get("name", "")
    if is_role:
        _confirm(kind, namespace, name, new.get("rules") or [], requester)
        gathers = _aggregates(new) or (old is not None and _aggregates(old))
        if gathers and _not_held(namespace, _EVERYTHING, requester):
            raise errors.forbidden(kind.group, kind.plural, name, _AGGREGATION)
        return
    _check_binding(kind, namespace, name, new.get("roleRef") or {}, requester)


def _check_binding(kind: Kind, namespace: str, name: str, role: Object, requester: Requester) -> None:
    plural = {"ClusterRole": "clusterroles", "Role": "roles"}.get(role.get("kind", ""))
    named, group = role.get("name", ""), role.get("apiGroup") or _GROUP
    if plural:
        asked = Attributes("bind", group, plural, namespace=namespace, name=named)
        if requester.decide(asked).allowed:
            return
    rules = requester.judge.role_rules(role, namespace)
    if rules is None:
        if not plural:
            raise errors.internal(f'unsupported role reference kind: "{role.get("kind", "")}"')
        raise errors.not_found(_GROUP, kind.plural, named)
    _confirm(kind, namespace, name, [rule for rule in rules if is_rule(rule)], requester)


def _may_escalate(kind: Kind, requester: Requester) -> bool:
    asked = requester.asked
    wanted = Attributes("escalate", kind.group, kind.plural, "", asked.namespace, asked.name)
    return requester.decide(wanted).allowed


def _not_held(namespace: str, rules: list[Object], requester: Requester) -> list[Object]:
    held = requester.judge.bound(requester.user, namespace)
    return missing_in([grant.rules for grant in held.grants], rules)


def _confirm(kind: Kind, namespace: str, name: str, rules: list[Object], requester: Requester) -> None:
    try:
        lacking = _not_held(namespace, rules, requester)
    except TooManyRightsError as failure:
        raise errors.forbidden(kind.group, kind.plural, name, str(failure)) from None
    if not lacking:
        return
    user = requester.user
    groups = "[" + " ".join(f'"{group}"' for group in user.groups) + "]"
    said = (
        f'user "{user.name}" (groups={groups}) is attempting to grant RBAC permissions not currently held:\n'
    )
    said += "\n".join(described(lacking))
    unread = requester.judge.bound(user, namespace).missing
    if unread:
        said += f"; resolution errors: [{aggregate(_as_stored(kind, one) for one in unread)}]"
    raise errors.forbidden(kind.group, kind.plural, name, said)


def _as_stored(kind: Kind, missing_role: str) -> str:
    # Upstream's storage takes the resource's name from the request, whatever it was that it looked for.
    return f"{kind.plural}.{missing_role.partition('.')[2]}"


def _aggregates(role: Object) -> bool:
    return bool((role.get("aggregationRule") or {}).get("clusterRoleSelectors"))
