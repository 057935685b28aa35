"""The way of one write through all that may change its object: policies, then webhooks, and both once more where one of them
did."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from drakkar.api.object import Object
from drakkar.apiserver.policies.mutating_policies import Passage
from drakkar.apiserver.policies.view import Way
from drakkar.apiserver.webhooks.webhooks import Changed, Mutation


@dataclass(frozen=True, slots=True)
class MutatingRounds:
    """Of one write. `read` makes of what a webhook has changed an object in the version in which it is looked at."""

    policies: Passage | None
    webhooks: Mutation | None
    way: Way
    read: Callable[[Changed], Awaitable[Object]]

    async def go(self, new: Object, own: Callable[[], None] | None) -> bool:
        """Have them change the object in place, and say whether it may have changed; StatusError where one refuses.

        `own` has the server add once more, before the second round, what it adds itself.
        """
        if self.policies is None and self.webhooks is None:
            return False
        changed = await self._round(self.webhooks, new)
        if not changed and (self.policies is None or not self.policies.stirred):
            return False
        second = None if self.webhooks is None else self.webhooks.again(self.way.seen(new))
        if own is not None:
            own()
        await self._round(second, new)
        return True

    async def _round(self, webhooks: Mutation | None, new: Object) -> bool:
        done = False
        if self.policies is not None:
            made = await self.policies.round(new)
            if made is not new:
                _replace(new, made)
                done = True
        while webhooks is not None and (changed := await webhooks.next(self.way.seen(new))) is not None:
            _replace(new, self.way.made_again(await self.read(changed)))
            done = True
        return done


def _replace(obj: Object, by: Object) -> None:
    made = dict(by)
    obj.clear()
    obj.update(made)
