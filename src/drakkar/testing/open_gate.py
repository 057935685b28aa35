"""A gate through which everybody passes as an administrator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request

from drakkar.apiserver.access import request_info
from drakkar.apiserver.access.authentication import UnauthorizedError, User
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.access.rbac import Bound, Grant
from drakkar.apiserver.access.requester import Requester, Verdict
from drakkar.apiserver.access.rule_index import RuleIndex

ADMIN = User("admin", ("system:masters", "system:authenticated"))
_ALL = RuleIndex([{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}])


class OpenGate:
    """Lets everything pass; of tokens it knows the one that is called "good"."""

    issuer_name = "https://issuer"

    async def __call__(self, request: Request) -> None:
        """Pass."""
        asked = request_info.attributes(request.method, request.scope["path"], request.query_params)
        request.state.requester = Requester(ADMIN, asked, self)

    def decide(self, user: User, asked: Attributes) -> Verdict:
        """Yes, to the administrator."""
        return Verdict(user.name == ADMIN.name)

    def bound(self, user: User, namespace: str) -> Bound:
        """Every right."""
        return Bound([Grant(_ALL, "a test")])

    def role_rules(self, reference: dict[str, Any], namespace: str) -> list[dict[str, Any]] | None:
        """None that could be missing."""
        return []

    def token_user(self, token: str, audiences: Sequence[str]) -> tuple[User, list[str]]:
        """The administrator, of the good token."""
        if token != "good":
            raise UnauthorizedError("invalid bearer token")
        return ADMIN, list(audiences) or [self.issuer_name]
