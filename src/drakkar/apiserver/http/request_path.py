"""What a request is about: its URL and method as resource, object, subresource and verb."""

from __future__ import annotations

from dataclasses import dataclass

from drakkar.apiserver import errors
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.access.request_info import WATCH
from drakkar.apiserver.kinds.kind import PROXY, Kind
from drakkar.apiserver.kinds.registry import Registry

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


# What is done with objects of all namespaces at once.
_ACROSS = ("list", WATCH)


class NoSuchPathError(Exception):
    """Nothing is served below this path at all; the answer is a plain text 404."""


@dataclass(frozen=True, slots=True)
class Target:
    """`name` is empty for a collection, `namespace` for all namespaces and for kinds without one. `path` is what is asked of
    whom a request is passed on to."""

    kind: Kind
    namespace: str
    name: str
    subresource: str
    verb: str
    path: str = ""

    def is_that_of(self, asked: Attributes) -> bool:
        """Whether it is what was asked for, as those see it who let the request pass."""
        kind = self.kind
        if (kind.group, kind.plural, self.subresource) != (asked.group, asked.resource, asked.subresource):
            return False
        # A request that is passed on may be of any method.
        if self.verb != asked.verb and self.subresource != PROXY:
            return False
        return (not self.name or self.name == asked.name) and (
            not self.namespace or self.namespace == asked.namespace
        )


def resolve(kinds: Registry, group: str, version: str, rest: str, method: str, watching: bool) -> Target:
    """The target of a path below a group version; raises NoSuchPathError and StatusError 404 and 405."""
    if not kinds.serves(group, version):
        raise unserved(kinds, group)
    rest, path = _passed(rest)
    parts = rest.removesuffix("/").split("/")
    if "" in parts:
        # One reader of a path may pass over an empty part, another may not: there is nothing at such a path.
        raise errors.no_such_resource()
    by_path = parts[0] == WATCH and len(parts) > 1
    if by_path:
        parts = parts[1:]
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 2 and kinds.at(group, version, parts[2]):
        namespace, parts = parts[1], parts[2:]
    kind = kinds.at(group, version, parts[0])
    if kind is None or len(parts) > 3 or (namespace and not kind.namespaced):
        raise _nothing(kinds, group, version)
    name, sub = [*parts, "", ""][1:3]
    if kind.form is not None:
        verb = WATCH if by_path else _verb(method, name, watching)
        if kind.namespaced and not namespace and verb not in _ACROSS:
            raise _nothing(kinds, group, version)
        return _of_custom(kind, namespace, name, sub, verb)
    if name and kind.namespaced and not namespace:
        raise _nothing(kinds, group, version)
    if by_path:
        if sub or WATCH not in kind.verbs:
            raise errors.no_such_resource()
        if method != "GET":
            raise errors.method_not_allowed()
        return Target(kind, namespace, name, "", WATCH)
    if sub:
        found = kind.subresource(sub)
        if found is None:
            raise errors.no_such_resource()
        verb = "get" if method == "GET" else _VERBS.get(method, "")
        if sub == PROXY:
            return Target(kind, namespace, name, sub, verb or method.lower(), path)
        if verb not in found.verbs:
            raise errors.method_not_allowed()
        return Target(kind, namespace, name, sub, verb)
    verb = _VERBS.get(method, "")
    if method == "GET":
        verb = "get" if name else "watch" if watching else "list"
    elif verb == "delete" and not name:
        verb = "deletecollection"
    on_collection = verb in ("create", "list", "deletecollection")
    is_said = kind.computed and verb == "watch"
    if (verb not in kind.verbs and not is_said) or (verb != "watch" and on_collection is bool(name)):
        raise errors.method_not_allowed()
    if verb == "create" and kind.namespaced and not namespace:
        raise errors.method_not_allowed()
    return Target(kind, namespace, name, "", verb)


def _verb(method: str, name: str, watching: bool) -> str:
    """What a method means for a custom kind, whose objects are asked by HEAD as by GET; empty where it means nothing."""
    if method in ("GET", "HEAD"):
        return "get" if name else WATCH if watching else "list"
    verb = _VERBS.get(method, "")
    return "deletecollection" if verb == "delete" and not name else verb


def _of_custom(kind: Kind, namespace: str, name: str, sub: str, verb: str) -> Target:
    """The target of a path that has room for a custom kind; StatusError 400, 404 and 405."""
    found = kind.subresource(sub)
    if sub and found is None:
        raise errors.not_found(kind.group, kind.plural, name)
    if verb not in (kind.verbs if found is None else found.verbs):
        raise errors.not_supported(verb, kind.group, kind.plural)
    if not name and verb in ("update", "patch"):
        raise errors.bad_request("name must be provided")
    if name and verb == "create":
        # Whoever may create one of a name could create any other.
        raise errors.method_not_allowed()
    return Target(kind, namespace, name, sub, verb)


def _passed(rest: str) -> tuple[str, str]:
    """A path as far as to a proxy, and what is beyond: that is asked of somebody else, and may be anything."""
    parts = rest.split("/")
    if parts[0] == WATCH:
        return rest, ""
    at = 4 if parts[0] == "namespaces" else 2
    if len(parts) <= at or parts[at] != PROXY:
        return rest, ""
    below = "/".join(parts[at + 1 :]).strip("/")
    return "/".join(parts[: at + 1]), (f"/{below}" if below else "") + ("/" if rest.endswith("/") else "")


def unserved(kinds: Registry, group: str) -> Exception:
    """What to say of a version that is not served."""
    return errors.no_such_resource() if kinds.is_closed(group) else NoSuchPathError()


def _nothing(kinds: Registry, group: str, version: str) -> Exception:
    """What to say of a path at which nothing is: where all kinds are custom ones, there is not even a page."""
    return NoSuchPathError() if is_custom(kinds, group, version) else errors.no_such_resource()


def is_custom(kinds: Registry, group: str, version: str) -> bool:
    """Whether all kinds of a version are custom ones."""
    return all(kind.form is not None for kind in kinds.of(group, version))
