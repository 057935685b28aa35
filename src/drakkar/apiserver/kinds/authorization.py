"""The kinds of the group authorization.k8s.io: reviews, of which nothing is stored."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import CREATE, Kind
from drakkar.apiserver.kinds.strategy import Strategy

_GROUP = "authorization.k8s.io"


def _unanswered(review: Object) -> None:
    review.setdefault("status", {}).setdefault("allowed", False)


def _untold(review: Object) -> None:
    nothing = {"resourceRules": None, "nonResourceRules": None, "incomplete": False}
    review["status"] = {**nothing, **(review.get("status") or {})}


_ACCESS, _RULES = Strategy(default=_unanswered), Strategy(default=_untold)

KINDS = (
    Kind(
        *(_GROUP, "v1", "localsubjectaccessreviews", "LocalSubjectAccessReview", True),
        verbs=CREATE,
        strategy=_ACCESS,
    ),
    Kind(
        *(_GROUP, "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", False),
        verbs=CREATE,
        strategy=_ACCESS,
    ),
    Kind(
        *(_GROUP, "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", False),
        verbs=CREATE,
        strategy=_RULES,
    ),
    Kind(
        *(_GROUP, "v1", "subjectaccessreviews", "SubjectAccessReview", False), verbs=CREATE, strategy=_ACCESS
    ),
)
