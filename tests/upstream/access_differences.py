"""The rows of the access matrix that ours answers otherwise than kube-apiserver, each with the reason."""

from __future__ import annotations

DIFFERENCES: dict[str, str] = {
    **{
        f"n1 PATCH /api/v1/namespaces/a/persistentvolumeclaims/v-used/status @{body}": (
            "Both refuse in the same words; upstream adds a diff of its internal objects."
        )
        for body in ("merge-pvc-label", "merge-pvc-phase")
    },
    "kcm GET /api/v1/namespaces/a/pods/p1/exec?command=ls": (
        "Our controllers share one user, to whom the roles of upstream's controllers are bound, and that of the "
        "garbage collector reads everything; who runs commands must be able to create, too, and that is refused."
    ),
}
