"""The kinds of the group authorization.k8s.io: reviews, of which nothing is stored."""

from __future__ import annotations

from drakkar.apiserver.kinds.kind import CREATE, Kind

_GROUP = "authorization.k8s.io"

KINDS = (
    Kind(_GROUP, "v1", "localsubjectaccessreviews", "LocalSubjectAccessReview", True, verbs=CREATE),
    Kind(_GROUP, "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", False, verbs=CREATE),
    Kind(_GROUP, "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", False, verbs=CREATE),
    Kind(_GROUP, "v1", "subjectaccessreviews", "SubjectAccessReview", False, verbs=CREATE),
)
