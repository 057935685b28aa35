"""What becomes of requests on their way: done, never sent, lost before or after they were done, or done much later."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Literal, NamedTuple

from drakkar.client import ApiError, UnansweredError, UnreachableError

Fate = Literal["done", "away", "before", "after", "late"]
Work = Callable[[], Awaitable[dict[str, Any]]]


class Asked(NamedTuple):
    """A request. `verb` and `resource` are RBAC's: "update" of "resourceclaims/status"; other paths have neither."""

    verb: str
    resource: str
    namespace: str
    name: str
    params: dict[str, str]
    body: Any


class Fates:
    """`choose(verb, resource)` says what becomes of each request.

    "done": it is carried out and answered. "away": it is never sent. "before": it is lost on its way there.
    "after": it is carried out, and the answer lost. "late": there is no answer, and it is carried out when `land` is
    called; `landed` says what came of it.
    """

    def __init__(self) -> None:
        self.choose: Callable[[str, str], Fate] = lambda verb, resource: "done"
        self.landed: list[str] = []
        self._on_their_way: list[tuple[Asked, Work]] = []

    @property
    def waiting(self) -> list[Asked]:
        """What is on its way."""
        return [asked for asked, _ in self._on_their_way]

    async def meet(self, asked: Asked, work: Work) -> dict[str, Any]:
        """The answer to the request; UnreachableError or UnansweredError where its fate is so."""
        match self.choose(asked.verb, asked.resource):
            case "done":
                return await work()
            case "away":
                raise UnreachableError("nobody listens")
            case "late":
                self._on_their_way.append((asked, work))
            case "after":
                await work()
        raise UnansweredError("connection lost")

    async def land(self) -> None:
        """Let what is on its way arrive, in the order in which it was sent."""
        waiting, self._on_their_way = self._on_their_way, []
        for asked, work in waiting:
            try:
                await work()
            except ApiError as refused:
                self.landed.append(f"{asked.verb} {asked.resource}: {refused.reason}")
            else:
                self.landed.append(f"{asked.verb} {asked.resource}: stored")
