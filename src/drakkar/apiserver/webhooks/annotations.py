"""What the audit log has of webhooks: what they say themselves, what they changed, and which of them were passed over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from drakkar.apiserver.audit_annotations import AuditAnnotations, Level
from drakkar.apiserver.webhooks.hook import Hook
from drakkar.validation.field_error import shown

_VALIDATING: Final = "validating.webhook.admission.k8s.io"
_MUTATING: Final = "mutation.webhook.admission.k8s.io"
_PATCH: Final = "patch.webhook.admission.k8s.io"


class Asked:
    """One webhook that is asked about a request: in which `turn`, and the how manyth there it is."""

    def __init__(self, annotations: AuditAnnotations, hook: Hook, turn: int, at: int) -> None:
        self._annotations = annotations
        self._hook = hook
        self._where = f"round_{turn}_index_{at}"

    def said(self, annotations: Mapping[str, str]) -> None:
        """What the webhook's answer has for the log."""
        for key, value in annotations.items():
            self._annotations.note_admission(f"{self._hook.name}/{key}", value)

    def passed_over(self, mutating: bool) -> None:
        """It could not be asked, and the request goes on."""
        prefix = _MUTATING if mutating else _VALIDATING
        self._annotations.note_admission(f"failed-open.{prefix}/{self._where}", self._hook.name)

    def mutated(self, changed: bool) -> None:
        """It has changed the object, or not."""
        told = {**self._named(), "mutated": changed}
        self._annotations.note_admission(f"{_MUTATING}/{self._where}", shown(told))

    def patched(self, operations: list[Any]) -> None:
        """By which operations; only those read them who read the body, too."""
        if self._annotations.level >= Level.REQUEST:
            # Go writes the fields of an operation in the order of their names.
            ordered = [dict(sorted(one.items())) for one in operations if isinstance(one, dict)]
            told = {**self._named(), "patch": ordered, "patchType": "JSONPatch"}
            self._annotations.note_admission(f"{_PATCH}/{self._where}", shown(told), Level.REQUEST)

    def _named(self) -> dict[str, Any]:
        return {"configuration": self._hook.configuration, "webhook": self._hook.name}
