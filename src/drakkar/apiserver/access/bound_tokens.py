"""Whether what a token lives and dies with is still there: its service account, and the pod, Secret or node it is bound to."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from drakkar.api.object import Object
from drakkar.api.time import time_of
from drakkar.apiserver.storage.store import Store

_LEEWAY = datetime.timedelta(seconds=60)
_INVALIDATED = "service account token has been invalidated"


class BoundTokens:
    """Asks the store, so that a token ends with the write that deletes what it is bound to."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def problem(self, private: Mapping[str, Any], now: datetime.datetime | None = None) -> str:
        """Why a token with these `kubernetes.io` claims is good no longer; the empty text when it is."""
        namespace, account = str(private.get("namespace", "")), private.get("serviceaccount") or {}
        before = (now or datetime.datetime.now(datetime.UTC)) - _LEEWAY
        name, uid = account.get("name", ""), account.get("uid", "")
        found = self._store.get(("/serviceaccounts", namespace, name))
        if found is None:
            return f'serviceaccounts "{name}" not found'
        if found["metadata"]["uid"] != uid:
            # One that was made anew under the old name is another account.
            return f"service account UID ({found['metadata']['uid']}) does not match claim ({uid})"
        if _deleted(found, before):
            return f"service account {namespace}/{name} has been deleted"
        for kind in ("secret", "pod", "node"):
            # A node beside a pod only says where the pod runs.
            if kind == "node" and private.get("pod"):
                continue
            wrong = self._bound(kind, private.get(kind), namespace, before)
            if wrong:
                return wrong
        return ""

    def _bound(
        self, kind: str, named: Mapping[str, str] | None, space: str, before: datetime.datetime
    ) -> str:
        if not named:
            return ""
        name, uid = named.get("name", ""), named.get("uid", "")
        found = self._store.get((f"/{kind}s", "" if kind == "node" else space, name))
        if found is None:
            return _INVALIDATED
        current = found["metadata"]["uid"]
        if current != uid:
            return f"{kind} UID ({current}) does not match service account {kind} ref claim ({uid})"
        return _INVALIDATED if _deleted(found, before) else ""


def _deleted(obj: Object, before: datetime.datetime) -> bool:
    moment = obj["metadata"].get("deletionTimestamp")
    if not moment:
        return False
    return time_of(moment) < before
