"""One resource of one group version: its names, what it has, and what may be done with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from drakkar.api.object import Object
from drakkar.apiserver.custom.form import Form
from drakkar.apiserver.kinds.strategy import PLAIN, Strategy

EVERY_VERB = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


class Subresource(NamedTuple):
    """A path below an object: the kind it answers with, and its verbs."""

    name: str
    group: str
    version: str
    kind: str
    verbs: tuple[str, ...]


class Converter(NamedTuple):
    """Turns objects into the form in which they are stored and back; both may share parts with what they are given.

    `fields` are the starts of field selectors that the stored form calls by other names.
    """

    to_stored: Callable[[Object], Object]
    from_stored: Callable[[Object], Object]
    fields: Mapping[str, str] = {}


CREATE = ("create",)
# What a path below an object is passed on by, with any method.
PROXY = "proxy"
_PROXIED = ("create", "delete", "get", "patch", "update")
SCALE = (Subresource("scale", "autoscaling", "v1", "Scale", ("get", "patch", "update")),)


def proxy(kind: str) -> Subresource:
    """The path below objects of a kind from which requests are passed on to them."""
    return Subresource(PROXY, "", "v1", f"{kind}ProxyOptions", _PROXIED)


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource of one group version.

    `generation` tells whether metadata.generation is kept. `stored_as` is the resource whose objects these are,
    when that is another one; `verbs` without "get", and being `computed` for each answer, mean that nothing is stored at
    all. `deprecated` says since when,
    and from when on the version is not to be had. A `converter` is there where the stored form is another one; the
    `strategy` has the rules of the objects.

    A custom kind has a `form`, and may have other names than those made of its own; `warning` is what to say of a version
    that is deprecated, `closed` why no object can be made any more. One that is not `served` is only what others are stored
    as, by `storage`. `webhook` is there where its versions differ in more than their names: the part of the definition that
    says who converts them.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    status: bool = False
    generation: bool = False
    categories: tuple[str, ...] = ()
    extra: tuple[Subresource, ...] = ()
    verbs: tuple[str, ...] = EVERY_VERB
    stored_as: str = ""
    deprecated: str = ""
    strategy: Strategy = field(default=PLAIN, repr=False, compare=False)
    converter: Converter | None = field(default=None, repr=False, compare=False)
    form: Form | None = field(default=None, repr=False, compare=False)
    singular: str = ""
    list_kind: str = ""
    warning: str = ""
    closed: str = ""
    served: bool = True
    storage: bool = False
    computed: bool = False
    webhook: Object | None = field(default=None, repr=False, compare=False)

    @property
    def api_version(self) -> str:
        """`group/version`, or `version` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """The store's name of the resource; versions of one resource share it."""
        return self.stored_as or f"{self.group}/{self.plural}"

    @property
    def deprecation(self) -> str:
        """What to warn users of this version of; empty where there is nothing to say."""
        if not self.deprecated:
            return self.warning
        return f"{self.api_version} {self.kind} is deprecated in {self.deprecated}"

    @property
    def removed_in(self) -> str:
        """The release in which this version goes; empty where none is named."""
        _, _, release = self.deprecated.partition("unavailable in v")
        return release.partition("+")[0]

    @property
    def list_name(self) -> str:
        """The kind of a list of objects."""
        return self.list_kind or f"{self.kind}List"

    @property
    def singular_name(self) -> str:
        """The resource's name for one object."""
        return self.singular or self.kind.lower()

    @property
    def stored(self) -> bool:
        """Whether objects of the kind are kept."""
        return "get" in self.verbs and not self.computed

    @property
    def subresources(self) -> tuple[Subresource, ...]:
        """Everything below an object, in the order of names."""
        status = Subresource("status", self.group, self.version, self.kind, ("get", "patch", "update"))
        if self.form is not None:
            return (status, *self.extra) if self.status else self.extra
        return tuple(sorted((*self.extra, status) if self.status else self.extra))

    def is_own(self, subresource: str) -> bool:
        """Whether what is written at a subresource, or at none, is an object of the kind itself."""
        below = self.subresource(subresource)
        mine = (self.group, self.version, self.kind)
        return below is None or (below[1:4] == mine and "update" in below.verbs)

    def subresource(self, name: str) -> Subresource | None:
        """The subresource of a name, or None."""
        return next((sub for sub in self.subresources if sub.name == name), None)
