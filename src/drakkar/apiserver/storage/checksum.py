"""Checksums of stored records and of the row that sums them up."""

from __future__ import annotations

import hashlib

MASK = (1 << 64) - 1


def _sum(*parts: bytes) -> int:
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        # With its length, so that no byte can pass from one part to the next unseen.
        digest.update(b"%d:" % len(part))
        digest.update(part)
    return int.from_bytes(digest.digest(), "big", signed=True)


def record_sum(key: tuple[str, str, str], body: bytes) -> int:
    """The checksum of one record and its key, 64 bits, signed."""
    return _sum(key[0].encode(), key[1].encode(), key[2].encode(), body)


def state_sum(identity: str, revision: int, objects: int, digest: int) -> int:
    """The checksum of what a database says about itself."""
    return _sum(f"{identity} {revision} {objects} {digest}".encode())
