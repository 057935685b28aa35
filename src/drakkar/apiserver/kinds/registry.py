"""The kinds that a server serves. It is made once and handed in; kinds may come and go while the server runs."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Any, TypeVar

from drakkar.api.version_order import version_order
from drakkar.apiserver.kinds.kind import Kind

T = TypeVar("T")


class Registry:
    """Finds kinds by path, by name and by the store's resource. The order in which they came is that of discovery.

    Groups that have kinds of the server's own are closed to custom ones, as are those that are `reserved`: nobody reads or
    writes below a definition what is stored for another kind.
    """

    def __init__(self, kinds: Iterable[Kind] = (), reserved: Iterable[str] = ()) -> None:
        self._reserved = frozenset(reserved)
        self._own: frozenset[str] = frozenset()
        self._by_path: dict[tuple[str, str, str], Kind] = {}
        self._hidden: tuple[Kind, ...] = ()
        self._stored: dict[str, Kind] = {}
        self._versions: dict[str, list[str]] = {}
        self._derived: dict[Hashable, Any] = {}
        for kind in kinds:
            self._put(kind)
        self._index()

    def __iter__(self) -> Iterator[Kind]:
        return iter(tuple(self._by_path.values()))

    def add(self, kind: Kind) -> None:
        """Serve one more kind; ValueError for a path that is served already, and a custom kind in a closed group."""
        if self._is_kept_out(kind):
            raise ValueError(f"the group {kind.group} is closed to custom kinds")
        self._put(kind)
        self._index()

    def _put(self, kind: Kind) -> None:
        path = (kind.group, kind.version, kind.plural)
        if path in self._by_path:
            raise ValueError(f"{kind.api_version} {kind.plural} is served already")
        self._by_path[path] = kind

    def remove(self, kind: Kind) -> None:
        """Serve a kind no more; its objects stay where they are. KeyError for one that is not served."""
        del self._by_path[kind.group, kind.version, kind.plural]
        self._index()

    def change(self, gone: Iterable[Kind], new: Iterable[Kind]) -> None:
        """Serve some kinds no more, and others from now on; one whose path is served already stays out, as does a custom one
        in a closed group."""
        gone = list(gone)
        for kind in gone:
            path = (kind.group, kind.version, kind.plural)
            if self._by_path.get(path) is kind:
                del self._by_path[path]
        hidden = [kind for kind in self._hidden if not any(kind is one for one in gone)]
        for kind in new:
            if self._is_kept_out(kind):
                continue
            if not kind.served:
                hidden.append(kind)
            elif (kind.group, kind.version, kind.plural) not in self._by_path:
                self._put(kind)
        self._hidden = tuple(hidden)
        self._index()

    def _index(self) -> None:
        self._own = self._reserved | {kind.group for kind in self if kind.form is None}
        # Made whole before it is to be seen: heavy requests look kinds up beside the loop.
        stored: dict[str, Kind] = {}
        versions: dict[str, list[str]] = {}
        for kind in (*self, *self._hidden):
            if kind.stored and (kind.storage or kind.resource not in stored):
                stored[kind.resource] = kind
        for kind in self:
            if kind.form is None and kind.version not in versions.setdefault(kind.group, []):
                versions[kind.group].append(kind.version)
        custom: dict[str, set[str]] = {}
        for kind in self:
            if kind.form is not None:
                custom.setdefault(kind.group, set()).add(kind.version)
        for group in sorted(custom):
            known = versions.setdefault(group, [])
            known += sorted(custom[group] - set(known), key=version_order)
        self._stored, self._versions, self._derived = stored, versions, {}

    def is_closed(self, group: str) -> bool:
        """Whether no custom kind is served in a group, whatever is defined there."""
        return group in self._own

    def _is_kept_out(self, kind: Kind) -> bool:
        return kind.form is not None and self.is_closed(kind.group)

    def at(self, group: str, version: str, plural: str) -> Kind | None:
        """The kind whose objects are below this path, or None."""
        return self._by_path.get((group, version, plural))

    def named(self, api_version: str, name: str) -> Kind:
        """The kind that an object says it is of; KeyError for one that is not served."""
        for kind in self._by_path.values():
            if (kind.api_version, kind.kind) == (api_version, name):
                return kind
        raise KeyError(f"{api_version} {name}")

    def of(self, group: str, version: str) -> tuple[Kind, ...]:
        """The kinds of a group version, custom ones in the order of their names."""
        found = [kind for kind in self if (kind.group, kind.version) == (group, version)]
        custom = sorted((kind for kind in found if kind.form is not None), key=lambda kind: kind.plural)
        return (*(kind for kind in found if kind.form is None), *custom)

    def stored(self, resource: str) -> Kind:
        """The kind in whose form the objects of a store's resource are kept: the one that came first."""
        return self._stored[resource]

    def kept_as(self, kind: Kind) -> Kind | None:
        """The same for a kind that may be served no more; None then."""
        return self._stored.get(kind.resource)

    def groups(self) -> dict[str, tuple[str, ...]]:
        """Every group with its versions, the preferred one first; the core group is the empty text."""
        return {group: tuple(versions) for group, versions in self._versions.items()}

    def serves(self, group: str, version: str) -> bool:
        """Whether the group version is served."""
        return version in self._versions.get(group, ())

    def serves_group(self, group: str) -> bool:
        """Whether any version of the group is served."""
        return group in self._versions

    def derived(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` gives, kept under the key until the kinds are others."""
        # What is made while the kinds change is of those before, and forgotten with them.
        kept = self._derived
        if key not in kept:
            kept[key] = make()
        found: T = kept[key]
        return found
