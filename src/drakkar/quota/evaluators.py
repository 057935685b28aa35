"""Which sort of objects is counted how."""

from __future__ import annotations

from drakkar.quota.counted import count_name
from drakkar.quota.evaluator import Evaluator
from drakkar.quota.pods import PodEvaluator
from drakkar.quota.resource_claims import ResourceClaimEvaluator
from drakkar.quota.services import ServiceEvaluator
from drakkar.quota.volume_claims import VolumeClaimEvaluator

_BY_RESOURCE: dict[tuple[str, str], Evaluator] = {
    ("", "pods"): PodEvaluator(),
    ("", "services"): ServiceEvaluator(),
    ("", "persistentvolumeclaims"): VolumeClaimEvaluator(),
    ("resource.k8s.io", "resourceclaims"): ResourceClaimEvaluator(),
    # Their numbers have had names of their own for long.
    **{
        ("", plural): Evaluator(count_name("", plural), plural)
        for plural in ("configmaps", "resourcequotas", "replicationcontrollers", "secrets")
    },
}
# What is not stored, and what there is much of.
_UNCOUNTED = frozenset(
    {
        ("", "bindings"),
        ("", "events"),
        ("events.k8s.io", "events"),
        ("authentication.k8s.io", "tokenreviews"),
        ("authentication.k8s.io", "selfsubjectreviews"),
        ("authorization.k8s.io", "subjectaccessreviews"),
        ("authorization.k8s.io", "selfsubjectaccessreviews"),
        ("authorization.k8s.io", "localsubjectaccessreviews"),
        ("authorization.k8s.io", "selfsubjectrulesreviews"),
    }
)


def evaluator_of(group: str, plural: str) -> Evaluator | None:
    """How objects of a resource in namespaces are counted; None for those that never are."""
    if (group, plural) in _UNCOUNTED:
        return None
    return _BY_RESOURCE.get((group, plural)) or Evaluator(count_name(group, plural))
