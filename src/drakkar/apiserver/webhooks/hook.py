"""One webhook of a configuration, read once, and whether it is to be asked about a request."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from drakkar.api.object import Object
from drakkar.apiserver import beside, errors
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.registry import Registry
from drakkar.apiserver.policies.errors import ConfigurationError
from drakkar.apiserver.policies.evaluation import Room
from drakkar.apiserver.policies.match_conditions import ConditionError, MatchConditions
from drakkar.apiserver.policies.matching import Matching
from drakkar.apiserver.policies.other_versions import unconverted
from drakkar.apiserver.policies.request import AdmissionRequest
from drakkar.apiserver.policies.variables import Versioned
from drakkar.apiserver.storage.store import Store
from drakkar.apiserver.webhooks.client_config import ClientConfig, client_config
from drakkar.cel.objects.composition import Composition

_QUICKLY_COMPILED: Final = 4096
# Of selectors, that are looked through for one unit of what expressions cost.
_LETTERS: Final = 50
_SECONDS: Final = 10
_MOST_SECONDS: Final = 30


@dataclass(frozen=True)
class Hook:
    """A webhook; `uid` tells it from all others of its server. It is one of a `configuration`, and the how manyth of all
    configurations of its sort."""

    uid: str
    name: str
    source: Object
    matching: Matching
    configuration: str = ""
    index: int = 0

    @property
    def fails_open(self) -> bool:
        """Whether a request passes where the webhook cannot be asked."""
        return self.source.get("failurePolicy") == "Ignore"

    @property
    def runs_dry(self) -> bool:
        """Whether it may be asked about a request that is a trial."""
        return self.source.get("sideEffects") in ("None", "NoneOnDryRun")

    @property
    def asked_again(self) -> bool:
        """Whether it is asked once more where what it looked at was changed after it."""
        return self.source.get("reinvocationPolicy") == "IfNeeded"

    @property
    def seconds(self) -> int:
        """How long it may take."""
        given = self.source.get("timeoutSeconds")
        return min(max(given, 1), _MOST_SECONDS) if isinstance(given, int) else _SECONDS

    @functools.cached_property
    def client_config(self) -> ClientConfig:
        """How it is reached."""
        return client_config(self.source.get("clientConfig") or {})

    @functools.cached_property
    def _conditions(self) -> MatchConditions:
        return MatchConditions(Composition(False, False), self.source.get("matchConditions") or ())

    @functools.cached_property
    def _effort(self) -> int:
        # In the units of what expressions cost.
        selectors = [self.source.get(field) for field in ("namespaceSelector", "objectSelector")]
        return 1 + len(str(selectors)) // _LETTERS

    async def match(
        self, request: AdmissionRequest, store: Store, kinds: Registry, room: Room
    ) -> Kind | None:
        """The version of the resource by which it is to be asked, in which the request is shown from then on, None where it is
        not; StatusError if that cannot be told, whatever may fail here, TooHeavyError where that cannot be found out on the
        event loop."""
        room.spend(self._effort)
        try:
            kind = self.matching.match(request, store, kinds)
        except ConfigurationError as error:
            raise errors.internal(str(error)) from None
        if kind is None:
            return None
        try:
            await request.shown(kind)
        except errors.StatusError as failure:
            raise errors.internal(str(unconverted(failure))) from None
        return kind if self._meets(request, kind, room) else None

    def _meets(self, request: AdmissionRequest, kind: Kind, room: Room) -> bool:
        conditions = self.source.get("matchConditions")
        if not conditions:
            return True
        compiled = "_conditions" in self.__dict__
        if not compiled and len(str(conditions)) > _QUICKLY_COMPILED and not beside.is_aside():
            raise beside.TooHeavyError
        try:
            return self._conditions.match(Versioned(request, kind), None, room)
        except ConditionError as error:
            if self.fails_open:
                return False
            raise errors.forbidden(
                request.kind.group, request.kind.plural, request.name, str(error)
            ) from None


def hooks(configuration: Object, before: int = 0) -> Iterator[Hook]:
    """The webhooks of a configuration, in their order. Two of one name are told apart by a number, as upstream does.

    There are so many `before` them in other configurations.
    """
    seen: dict[str, int] = {}
    owner = configuration["metadata"]["name"]
    for index, source in enumerate(configuration.get("webhooks") or (), before):
        name = str(source.get("name") or "")
        number = seen.get(name, 0)
        seen[name] = number + 1
        matching = Matching(
            {
                "resourceRules": source.get("rules") or [],
                **{
                    k: source[k]
                    for k in ("namespaceSelector", "objectSelector", "matchPolicy")
                    if k in source
                },
            }
        )
        # Without rules it is asked about nothing, where a policy is about all.
        if source.get("rules"):
            yield Hook(f"{owner}/{name}/{number}", name, source, matching, owner, index)
