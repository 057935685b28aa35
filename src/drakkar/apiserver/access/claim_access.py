"""Which part of a claim's status one may write: the allocation needs `resourceclaims/binding`, device status its driver's right.

The two are no subresources that anybody serves; they only exist in roles (KEP-4817, gate
DRAResourceClaimGranularStatusAuthorization).
"""

from __future__ import annotations

import re

from drakkar.api.node_selector import NodeSelector, only_node
from drakkar.api.object import Object
from drakkar.api.resource import DecodeError, decode
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.access.requester import Requester, Verdict, refused
from drakkar.apiserver.kinds.kind import Kind
from drakkar.validation.field_error import FieldError

_GROUP, _CLAIMS = "resource.k8s.io", "resourceclaims"
_NODE_EXTRA = "authentication.kubernetes.io/node-name"
_ACCOUNT = re.compile(r"system:serviceaccount:[^:]+:[^:]+")


def problems(kind: Kind, new: Object, old: Object, requester: Requester) -> list[FieldError]:
    """What the requester may not change of a claim's status; nothing for an object of another kind."""
    if (kind.group, kind.plural) != (_GROUP, _CLAIMS):
        return []
    after, before = new.get("status") or {}, old.get("status") or {}
    found = _binding(after, before, requester)
    # Without an allocation all device status goes, whoever takes it away.
    if after.get("allocation"):
        found += _devices(after, before, requester)
    return found


def _binding(after: Object, before: Object, requester: Requester) -> list[FieldError]:
    same = all(
        (after.get(field) or None) == (before.get(field) or None) for field in ("allocation", "reservedFor")
    )
    if same:
        return []
    verb = requester.asked.verb
    asked = Attributes(verb, _GROUP, _CLAIMS, "binding")
    verdict = requester.decide(asked)
    if verdict.allowed:
        return []
    said = (
        "changing status.allocation or status.reservedFor requires "
        f'resource="resourceclaims/binding", verb="{verb}" permission: {_why(requester, asked, verdict)}'
    )
    return [FieldError.forbidden("status.allocation", said)]


def _devices(after: Object, before: Object, requester: Requester) -> list[FieldError]:
    verb, space = requester.asked.verb, requester.asked.namespace
    verbs = [f"arbitrary-node:{verb}"]
    if _runs_on(requester, _node_of(after["allocation"])):
        verbs.insert(0, f"associated-node:{verb}")
    found = []
    for driver in sorted(_changed_drivers(after, before)):
        questions = [Attributes(one, _GROUP, _CLAIMS, "driver", space, driver) for one in verbs]
        verdicts = [requester.decide(asked) for asked in questions]
        if any(verdict.allowed for verdict in verdicts):
            continue
        listed = "[" + " ".join(verbs) + "]"
        said = (
            'changing status.devices requires resource="resourceclaims/driver", '
            f'verb="{listed}" permission: {_why(requester, questions[0], verdicts[0])}'
        )
        found.append(FieldError.forbidden("status.devices", said))
    return found


def _why(requester: Requester, asked: Attributes, verdict: Verdict) -> str:
    return str(refused(requester.user, asked, verdict.reason))


def _changed_drivers(after: Object, before: Object) -> set[str]:
    def devices(status: Object) -> dict[tuple[str, ...], Object]:
        fields = ("driver", "pool", "device", "shareID")
        return {tuple(str(one.get(f) or "") for f in fields): one for one in status.get("devices") or ()}

    old, new = devices(before), devices(after)
    return {key[0] for key in old.keys() | new.keys() if old.get(key) != new.get(key)}


def _node_of(allocation: Object) -> str:
    """The one node that an allocation is for, if its selector says so in one term and nothing else; empty otherwise."""
    try:
        terms = decode(NodeSelector, allocation.get("nodeSelector") or {}).node_selector_terms
    except DecodeError:
        return ""
    return (only_node(terms[0]) or "") if len(terms) == 1 else ""


def _runs_on(requester: Requester, node: str) -> bool:
    user = requester.user
    own = tuple(user.extra.get(_NODE_EXTRA, ()))
    return bool(node) and bool(_ACCOUNT.fullmatch(user.name)) and own == (node,)
