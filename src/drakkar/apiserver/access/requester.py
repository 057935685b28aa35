"""Who makes a request, what it is, and whom to ask what else he may."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from drakkar.api.go_quoting import quoted
from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.access.authentication import User
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.access.rbac import Bound
from drakkar.apiserver.audit_annotations import UNREAD, AuditAnnotations

MASTERS = "system:masters"


class Verdict(NamedTuple):
    """Whether something may be done, and why or why not, where there is something to say."""

    allowed: bool
    reason: str = ""


class Judge(Protocol):
    """What is asked beyond the request itself: the same that stands before every request."""

    def decide(self, user: User, asked: Attributes) -> Verdict:
        """Whether the user may."""

    def bound(self, user: User, namespace: str) -> Bound:
        """The rules that are bound to the user in a namespace."""

    def role_rules(self, reference: Object, namespace: str) -> list[Object] | None:
        """The rules of the role that a binding in `namespace` refers to; None where there is no such role."""


@dataclass(frozen=True, slots=True)
class Requester:
    """The user of a request and the request as it was authorized. `annotations` are for the audit log, if it has the request."""

    user: User
    asked: Attributes
    judge: Judge
    annotations: AuditAnnotations = field(default=UNREAD, compare=False)

    def decide(self, asked: Attributes) -> Verdict:
        """Whether he may do something else too."""
        return self.judge.decide(self.user, asked)

    def require(self, asked: Attributes) -> None:
        """StatusError 403 unless he may do this, too."""
        verdict = self.decide(asked)
        if not verdict.allowed:
            raise refused(self.user, asked, verdict.reason)


def denial(user: User, asked: Attributes) -> str:
    """The sentence of a 403, as kubectl prints it."""
    if asked.path:
        said = f"User {quoted(user.name)} cannot {asked.verb} path {quoted(asked.path)}"
    else:
        resource = f"{asked.resource}/{asked.subresource}" if asked.subresource else asked.resource
        space = asked.namespace
        place = f"in the namespace {quoted(space)}" if space else "at the cluster scope"
        said = (
            f"User {quoted(user.name)} cannot {asked.verb} resource {quoted(resource)} "
            f"in API group {quoted(asked.group)} {place}"
        )
    # Nothing that a client sent is to be read as HTML by whoever shows the message.
    return said.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def refused(user: User, asked: Attributes, reason: str = "") -> errors.StatusError:
    """403 for what was asked."""
    why = denial(user, asked) + (f": {reason}" if reason else "")
    if asked.path:
        return errors.StatusError(403, "Forbidden", f"forbidden: {why}", {})
    return errors.forbidden(asked.group, asked.resource, asked.name, why)
