"""Custom objects of one request in other versions of their kind, where a webhook must be asked what they are there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.policies.errors import ConfigurationError

# What a webhook that fails is answered with.
_FAULT: Final = 500
# Objects of a kind, in whatever versions, in that of the kind, in their order; StatusError where they cannot be had.
Convert = Callable[[Kind, Sequence[Object]], Awaitable[list[Object]]]


class OtherVersions:
    """Each object is asked about once in each version."""

    def __init__(self, convert: Convert) -> None:
        self._convert = convert
        # Each with the object that it was made of, so that no other one has its id meanwhile.
        self._made: dict[tuple[str, int], tuple[Object, Object]] = {}

    async def make(self, kind: Kind, objects: Sequence[Object]) -> list[Object]:
        """The objects in the version of the kind; StatusError."""
        missing = [obj for obj in objects if (kind.api_version, id(obj)) not in self._made]
        if missing:
            for obj, made in zip(missing, await self._convert(kind, missing), strict=True):
                self._made[kind.api_version, id(obj)] = (obj, made)
        return [self.of(kind, obj) for obj in objects]

    def of(self, kind: Kind, obj: Object) -> Object:
        """One that was made before."""
        return self._made[kind.api_version, id(obj)][1]


def unconverted(failure: errors.StatusError) -> ConfigurationError:
    """What a webhook that does not convert is to a policy, which says what becomes of the request then. What is not the
    webhook's fault is raised: nobody gets past a policy by asking so much that there is no time for it."""
    if failure.code != _FAULT:
        raise failure
    return ConfigurationError(str(failure))


async def _none(kind: Kind, objects: Sequence[Object]) -> list[Object]:
    raise NotImplementedError(f"nobody converts objects into {kind.api_version}")


def no_versions() -> OtherVersions:
    """For requests about objects that no webhook converts."""
    return OtherVersions(_none)
