"""The kinds of the group authentication.k8s.io: reviews, of which nothing is stored."""

from __future__ import annotations

from drakkar.apiserver.kinds.kind import CREATE, Kind

_GROUP = "authentication.k8s.io"

KINDS = (
    Kind(_GROUP, "v1", "selfsubjectreviews", "SelfSubjectReview", False, verbs=CREATE),
    Kind(_GROUP, "v1", "tokenreviews", "TokenReview", False, verbs=CREATE),
)
