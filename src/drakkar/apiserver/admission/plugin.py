"""What an admission plugin is: it completes objects before they are looked at, and may refuse them after."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.storage.store import Store


class Plugin:
    """One plugin, for the store's resources that it names, or for all where it names none. As it stands it does nothing.

    Whatever refuses raises StatusError. `old` is None for a new object.
    """

    resources: frozenset[str] = frozenset()

    async def settle(self, namespace: str, given: Object, store: Store) -> None:
        """Wait a moment, before a creation, for what a controller is just making; `given` is as it was sent."""

    def refuse(self, new: Object) -> None:
        """Refuse at once what can never become of a new object."""

    def mutate(self, new: Object, old: Object | None, store: Store) -> None:
        """Complete in place an object that has its defaults; a status that is stored already is to be left alone."""

    def mutate_part(self, new: Object, old: Object, subresource: str, store: Store) -> None:
        """The same for one of which a part was written by itself; see `Strategy.parts`."""

    def validate(self, new: Object, old: Object | None, subresource: str, store: Store) -> None:
        """Refuse an object as it would be stored, after its kind's own rules found nothing."""

    def check(self, new: Object, store: Store) -> None:
        """Refuse at the moment of a creation what somebody else has got meanwhile."""
