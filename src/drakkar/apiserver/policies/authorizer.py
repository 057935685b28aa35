"""What expressions may ask of the server's authorizers: of whoever makes the request, or of a service account."""

from __future__ import annotations

from drakkar.apiserver.access import request_info
from drakkar.apiserver.access.authentication import User
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.policies.request import AdmissionRequest
from drakkar.cel.library.authorizer import Authorizer, Decision, Question, ResourceCheck


def authorizer(request: AdmissionRequest) -> Authorizer:
    """The start of a question."""

    def decide(question: Question) -> Decision:
        user = request.requester.user
        if question.account is not None:
            user = _account(*question.account)
        verdict = request.requester.judge.decide(user, _asked(question))
        return Decision(verdict.allowed, verdict.reason)

    return Authorizer(decide)


def of_resource(request: AdmissionRequest) -> ResourceCheck:
    """A question about what the request is about, which wants a verb only."""
    question = Question(
        group=request.kind.group,
        resource=request.kind.plural,
        subresource=request.subresource,
        namespace=request.home,
        name=request.name,
    )
    return ResourceCheck(authorizer(request).decide, question)


def _account(namespace: str, name: str) -> User:
    groups = ("system:serviceaccounts", f"system:serviceaccounts:{namespace}")
    return User(f"system:serviceaccount:{namespace}:{name}", groups)


def _asked(question: Question) -> Attributes:
    if question.path:
        return Attributes(question.verb, path=question.path)
    return Attributes(
        question.verb,
        question.group,
        question.resource,
        question.subresource,
        question.namespace,
        question.name,
        "",
        # A selector that cannot be read is left out of the question.
        request_info.pinned(question.field_selector) if question.field_selector else (),
    )
