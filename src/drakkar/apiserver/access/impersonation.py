"""Acting as somebody else by the Impersonate headers: first under what a constrained mode allows, then as it always was.

A constrained mode asks twice: may the requester do this very request in that mode (`impersonate-on:MODE:VERB`), and may
he be that user in it (`impersonate:MODE`). The old way only asks the second, with the verb `impersonate` (KEP-5284).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol
from urllib.parse import unquote

from drakkar.api.names import is_label, is_subdomain
from drakkar.api.object import ObjectKey
from drakkar.apiserver import errors
from drakkar.apiserver.access.authentication import ANONYMOUS, AUTHENTICATED, UNAUTHENTICATED, User
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.access.requester import MASTERS, Verdict, refused

Decide = Callable[[User, Attributes], Verdict]

_EXTRA = "impersonate-extra-"
_AUTHENTICATION = "authentication.k8s.io"
_NODE_EXTRA = "authentication.kubernetes.io/node-name"
_NODE_KEYS = "authentication.kubernetes.io/associated-node-keys"
_MODES = ("associated-node", "arbitrary-node", "serviceaccount", "user-info", "")
# From so many values on, one question for all of them is tried first.
_MANY = 4
_MOST_KEPT = 1024


@dataclasses.dataclass(frozen=True, slots=True)
class Wanted:
    """Whom the headers name, as they say it."""

    name: str
    uid: str
    groups: tuple[str, ...]
    extra: Mapping[str, tuple[str, ...]]

    @property
    def only_name(self) -> bool:
        return not (self.uid or self.groups or self.extra)

    @property
    def node(self) -> str:
        """The node whose user this is, or the empty text."""
        name = self.name.removeprefix("system:node:")
        return name if name != self.name and is_subdomain(name) else ""

    @property
    def account(self) -> ObjectKey | None:
        """The service account that this is."""
        parts = self.name.split(":")
        if len(parts) != 4 or parts[:2] != ["system", "serviceaccount"]:
            return None
        return ObjectKey(parts[2], parts[3]) if is_label(parts[2]) and is_subdomain(parts[3]) else None


class Become(NamedTuple):
    """The user that a request goes on as, and the verb of the constrained mode that allowed it; empty for the old way."""

    user: User
    constraint: str


class Headers(Protocol):
    """A request's headers by their names in small letters; any may come more than once."""

    def get(self, name: str, default: str, /) -> str:
        """The value of a name."""

    def getlist(self, name: str, /) -> list[str]:
        """All its values."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Every name and value."""


def wanted(headers: Headers) -> Wanted | None:
    """Whom a request asks to be; None where it does not, StatusError 400 where it does not say who."""
    extra: dict[str, tuple[str, ...]] = {}
    for header, value in headers.items():
        if header.startswith(_EXTRA):
            key = unquote(header.removeprefix(_EXTRA))
            extra[key] = (*extra.get(key, ()), value)
    name, uid = headers.get("impersonate-user", ""), headers.get("impersonate-uid", "")
    groups = tuple(headers.getlist("impersonate-group"))
    if name:
        return Wanted(name, uid, groups, extra)
    if uid or groups or extra:
        # Going on as oneself would show more than what was asked for.
        raise errors.bad_request(f"requested {_as_go(uid, groups, extra)} without impersonating a user name")
    return None


def _as_go(uid: str, groups: Sequence[str], extra: Mapping[str, Sequence[str]]) -> str:
    def listed(values: Sequence[str]) -> str:
        return "[]string{" + ", ".join(f'"{one}"' for one in values) + "}" if values else "[]string(nil)"

    inner = ", ".join(f'"{key}":{listed(values)}' for key, values in extra.items())
    more = "map[string][]string{" + inner + "}" if extra else "map[string][]string(nil)"
    return f'&user.DefaultInfo{{Name:"", UID:"{uid}", Groups:{listed(groups)}, Extra:{more}}}'


class Impersonation:
    """Decides who a request is made as; `decide` is what else a user may."""

    def __init__(self, decide: Decide) -> None:
        self._decide = decide
        # The mode that last worked for a user is tried first.
        self._worked: dict[tuple[str, str, tuple[str, ...]], str] = {}

    def become(self, user: User, whom: Wanted, asked: Attributes) -> Become:
        """Who `user` asks to be for the request `asked`, if he may; StatusError 403."""
        key = (user.name, user.uid, user.groups)
        before = self._worked.get(key)
        modes = _MODES if before is None else (before, *(mode for mode in _MODES if mode != before))
        first: errors.StatusError | None = None
        for mode in modes:
            if not _applies(mode, user, whom):
                continue
            try:
                found = self._as(mode, user, whom, asked)
            except errors.StatusError as failure:
                first = first or failure
                continue
            if len(self._worked) >= _MOST_KEPT:
                self._worked.clear()
            self._worked[key] = mode
            return Become(found, f"impersonate:{mode}" if mode else "")
        raise first or errors.internal("all impersonation modes failed")

    def _require(self, user: User, asked: Attributes) -> None:
        verdict = self._decide(user, asked)
        if not verdict.allowed:
            raise refused(user, asked, verdict.reason)

    def _as(self, mode: str, user: User, whom: Wanted, asked: Attributes) -> User:
        if mode == "associated-node":
            # The answer must not depend on which node it is.
            user = dataclasses.replace(user, extra={_NODE_KEYS: tuple(sorted(user.extra))})
        if mode:
            self._require(user, dataclasses.replace(asked, verb=f"impersonate-on:{mode}:{asked.verb}"))
        verb = f"impersonate:{mode}" if mode else "impersonate"
        groups = self._name(mode, verb, user, whom)
        if whom.uid:
            self._require(user, Attributes(verb, _AUTHENTICATION, "uids", name=whom.uid))
        self._groups(mode, verb, user, whom.groups)
        self._extra(mode, verb, user, whom.extra)
        if whom.name == ANONYMOUS.name:
            groups = _with(groups, UNAUTHENTICATED)
        elif UNAUTHENTICATED not in groups:
            groups = _with(groups, AUTHENTICATED)
        return User(whom.name, groups, whom.uid, whom.extra)

    def _name(self, mode: str, verb: str, user: User, whom: Wanted) -> tuple[str, ...]:
        group, groups = (_AUTHENTICATION if mode else ""), whom.groups
        asked = Attributes(verb, group, "users", name=whom.name)
        if mode and whom.node:
            name = "*" if mode == "associated-node" else whom.node
            asked = Attributes(verb, group, "nodes", name=name)
            groups = ("system:nodes",)
        account = whom.account
        if account is not None:
            asked = Attributes(verb, group, "serviceaccounts", namespace=account.namespace, name=account.name)
            groups = groups or ("system:serviceaccounts", f"system:serviceaccounts:{account.namespace}")
        self._require(user, asked)
        return groups

    def _groups(self, mode: str, verb: str, user: User, groups: Sequence[str]) -> None:
        asked = Attributes(verb, _AUTHENTICATION if mode else "", "groups")
        if mode and "" in groups:
            raise refused(user, asked, "impersonating the empty string group is not allowed")
        if mode and MASTERS in groups:
            named = dataclasses.replace(asked, name=MASTERS)
            raise refused(user, named, "impersonating the system:masters group is not allowed")
        everybody = dataclasses.replace(asked, name="*")
        if mode and len(groups) >= _MANY and self._decide(user, everybody).allowed:
            return
        for group in groups:
            self._require(user, dataclasses.replace(asked, name=group))

    def _extra(self, mode: str, verb: str, user: User, extra: Mapping[str, Sequence[str]]) -> None:
        asked = Attributes(verb, _AUTHENTICATION, "userextras")
        if mode and (wrong := _extra_problem(extra)):
            raise refused(user, asked, wrong)
        many = sum(max(len(values), 1) for values in extra.values()) >= _MANY
        everything = dataclasses.replace(asked, subresource="*", name="*")
        if mode and many and self._decide(user, everything).allowed:
            return
        for key, values in extra.items():
            for value in values:
                self._require(user, dataclasses.replace(asked, subresource=key, name=value))


def _applies(mode: str, user: User, whom: Wanted) -> bool:
    match mode:
        case "associated-node":
            own = user.extra.get(_NODE_EXTRA, ())
            is_account = user.name.startswith("system:serviceaccount:")
            return bool(whom.only_name and whom.node and is_account and tuple(own) == (whom.node,))
        case "arbitrary-node":
            return bool(whom.only_name and whom.node)
        case "serviceaccount":
            return whom.only_name and whom.account is not None
        case "user-info":
            return not whom.node and whom.account is None
    return True


def _extra_problem(extra: Mapping[str, Sequence[str]]) -> str:
    for key, values in extra.items():
        if not key:
            return "impersonating the empty string key in extra is not allowed"
        domain, slash, path = key.partition("/")
        if not slash or not path or not is_subdomain(domain):
            said = 'must be a domain-prefixed path (such as "acme.io/foo")'
            return f'impersonating an invalid key in extra is not allowed: extra.key: Invalid value: "{key}": {said}'
        if "" in values:
            return "impersonating the empty string value in extra is not allowed"
    return ""


def _with(groups: tuple[str, ...], group: str) -> tuple[str, ...]:
    return groups if group in groups else (*groups, group)
