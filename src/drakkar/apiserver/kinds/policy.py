"""The kinds of the group policy."""

from __future__ import annotations

from drakkar.apiserver.kinds.kind import Kind

KINDS = (Kind("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", True, ("pdb",), True, True),)
