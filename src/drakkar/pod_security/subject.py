"""A pod, or what will become of a pod template, as the checks look at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from drakkar.api.object import Object
from drakkar.api.or_empty import mapping, text
from drakkar.api.pod_totals import containers_of

_FIELDS = ("initContainers", "containers", "ephemeralContainers")


class Container(NamedTuple):
    """A container of any sort; `security` is its security context, empty where it has none."""

    name: str
    given: Object
    security: Object


class Subject:
    """`annotations`, `spec` and the pod's own `security` context are as they are stored; the containers come in the order of
    their sorts: those for the start, the plain ones, those that were added later."""

    __slots__ = ("annotations", "containers", "security", "spec")

    def __init__(self, metadata: Any, spec: Any) -> None:
        self.annotations: Object = mapping(mapping(metadata).get("annotations"))
        self.spec: Object = mapping(spec)
        self.security: Object = mapping(self.spec.get("securityContext"))
        self.containers: tuple[Container, ...] = tuple(_containers(self.spec))

    @property
    def is_for_windows(self) -> bool:
        """Whether it runs on Windows, which knows nothing of Linux' ways to hold a process down."""
        return mapping(self.spec.get("os")).get("name") == "windows"

    @property
    def has_own_users(self) -> bool:
        """Whether its users are none of the host's, so that its root is not the host's."""
        return self.spec.get("hostUsers") is False


def _containers(spec: Object) -> Iterator[Container]:
    for field in _FIELDS:
        for one in containers_of(spec, field):
            yield Container(text(one.get("name")), one, mapping(one.get("securityContext")))
