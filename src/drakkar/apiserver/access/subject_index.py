"""A binding's subjects by user, group and service account, so that whom it is for takes no look at each of them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from drakkar.api.object import Object

_ACCOUNT = "system:serviceaccount:"


class SubjectIndex:
    """The subjects of one binding. They must not change any more."""

    __slots__ = ("_groups", "_own_accounts", "_users", "subjects")

    def __init__(self, subjects: Sequence[Object]) -> None:
        self.subjects = subjects
        # Of each name, the place of the first subject that has it.
        self._users: dict[str, int] = {}
        self._groups: dict[str, int] = {}
        self._own_accounts: dict[str, int] = {}
        for at, subject in enumerate(subjects):
            if not isinstance(subject, dict):
                continue
            name, namespace = subject.get("name", ""), subject.get("namespace")
            if not isinstance(name, str):
                continue
            match subject.get("kind"):
                case "User":
                    self._users.setdefault(name, at)
                case "Group":
                    self._groups.setdefault(name, at)
                case "ServiceAccount" if namespace:
                    self._users.setdefault(f"{_ACCOUNT}{namespace}:{name}", at)
                case "ServiceAccount":
                    self._own_accounts.setdefault(name, at)

    def first(self, user: str, groups: Collection[str], namespace: str) -> Object | None:
        """The first subject that is this user; a ServiceAccount without a namespace is of the binding's own."""
        places = []
        if user in self._users:
            places.append(self._users[user])
        own = f"{_ACCOUNT}{namespace}:"
        if namespace and self._own_accounts and user.startswith(own):
            places.append(self._own_accounts.get(user.removeprefix(own), -1))
        few, many = (groups, self._groups) if len(groups) < len(self._groups) else (self._groups, groups)
        places += [self._groups[group] for group in few if group in many]
        return self.subjects[min(found)] if (found := [at for at in places if at >= 0]) else None
