"""May this user do this: masters may everything, nodes what a kubelet needs, everybody else what RBAC grants."""

from __future__ import annotations

from drakkar.apiserver.access.authentication import User
from drakkar.apiserver.access.node_authorizer import NodeAuthorizer, node_of
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.access.rbac import Rbac
from drakkar.apiserver.access.requester import MASTERS, Verdict


class Authorizer:
    """Asks one authorizer after the other; the first that allows decides, and those that do not may say why."""

    def __init__(self, rbac: Rbac, nodes: NodeAuthorizer) -> None:
        self._rbac = rbac
        self._nodes = nodes

    def decide(self, user: User, asked: Attributes) -> Verdict:
        """Whether the user may; the reasons of all who were asked, a line each."""
        if MASTERS in user.groups:
            return Verdict(True)
        reasons = []
        node = node_of(user)
        if node == "":
            reasons.append(f'node: unknown node for user "{user.name}"')
        elif node is not None:
            verdict = self._nodes.decide(node, asked)
            if verdict.allowed:
                return verdict
            if verdict.reason:
                reasons.append(f"node: {verdict.reason}")
        allowed, reason = self._rbac.decide(user.name, user.groups, asked)
        if allowed:
            return Verdict(True, reason)
        if reason:
            reasons.append(f"rbac: {reason}")
        return Verdict(False, "\n".join(reasons))
