"""Who owns the fields that a write changed, as its managed fields say."""

from __future__ import annotations

from drakkar.apiserver.kinds import kind_schema, metadata
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.patch.managed_fields import update_managed_fields
from drakkar.apiserver.resources.write import Candidate


def record(candidate: Candidate, looked_at: Kind) -> None:
    """Record it in place; `looked_at` is the kind in the version that the candidate has."""
    write, old, new, owners = candidate.write, candidate.old, candidate.new, candidate.owners
    kind, subresource, options = write.kind, write.subresource, write.options
    meta = new["metadata"]
    meta.pop("managedFields", None)
    if options.manager and not options.applied:
        if owners:
            meta["managedFields"] = owners
        node = kind_schema.node(looked_at)
        # The first status is nobody's.
        nobodys = kind.strategy.unowned if subresource == "" else frozenset()
        if old is None and kind.status:
            nobodys |= {"status"}
        owned = {k: v for k, v in new.items() if k not in nobodys} if nobodys else new
        if candidate.claimed is not None:
            said = {"managedFields": owners} if owners else {}
            owned = {**candidate.claimed, "metadata": {**candidate.claimed["metadata"], **said}}
        owners = update_managed_fields(
            old,
            owned,
            options.manager,
            kind.api_version,
            subresource,
            metadata.now(),
            node,
            kind_schema.held(kind, subresource),
        )
        meta.pop("managedFields", None)
    elif not options.applied:
        owners = owners or ((old or {}).get("metadata") or {}).get("managedFields")
    if owners:
        meta["managedFields"] = owners
