"""Gives every pod a loopback address of its own, so that two pods may listen on the same port of one machine."""

from __future__ import annotations

import hashlib

from drakkar.api.object import Uid

_TRIES = 1000


class PodAddresses:
    """127.x.y.z by pod UID: the same after a restart, and without a word between the nodes of one machine."""

    def __init__(self, host_ip: str) -> None:
        self.host_ip = host_ip
        self._by_uid: dict[str, str] = {}

    def take(self, uid: Uid, known: str = "", host_network: bool = False) -> str:
        """The pod's address; `known` is its own from before, "" where there was none."""
        if host_network:
            return self.host_ip
        known = self._by_uid.get(uid) or known
        if not known:
            taken = set(self._by_uid.values())
            tried = (candidate(uid, number) for number in range(_TRIES))
            known = next(address for address in tried if address not in taken)
        self._by_uid[uid] = known
        return known

    def free(self, uid: Uid) -> None:
        """The pod is gone."""
        self._by_uid.pop(uid, None)


def candidate(whose: str, number: int) -> str:
    """The number-th address that a pod (its uid) or node may have; never below 127.1, where the machine's own services listen."""
    digest = hashlib.sha256(f"{whose}/{number}".encode()).digest()
    return f"127.{1 + digest[0] % 254}.{digest[1]}.{1 + digest[2] % 254}"
