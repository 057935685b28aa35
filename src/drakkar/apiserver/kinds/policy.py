"""The kinds of the group policy."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.tables.cluster import DISRUPTION_BUDGETS
from drakkar.validation import formats
from drakkar.validation.budget import COUNTS, budget_problems, budget_status_problems
from drakkar.validation.field_error import FieldError
from drakkar.validation.object_meta import Rules


def _status_changes(old: Object, new: Object) -> list[FieldError]:
    return budget_status_problems(new)


_BUDGETS = Strategy(
    columns=DISRUPTION_BUDGETS,
    rules=budget_problems,
    status_counts=COUNTS,
    status_changes=_status_changes,
    metadata=Rules(formats.path_segment, known_finalizers=False),
    needs_version=True,
)
BUDGETS = Kind(
    "policy",
    "v1",
    "poddisruptionbudgets",
    "PodDisruptionBudget",
    True,
    ("pdb",),
    True,
    True,
    strategy=_BUDGETS,
)
KINDS = (BUDGETS,)
