"""The kinds of the group policy."""

from __future__ import annotations

from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.tables.cluster import DISRUPTION_BUDGETS
from drakkar.validation import formats
from drakkar.validation.object_meta import Rules

_BUDGETS = Strategy(
    columns=DISRUPTION_BUDGETS,
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
