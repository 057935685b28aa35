"""The kinds of the group storagemigration.k8s.io: objects that are to be stored anew."""

from __future__ import annotations

from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import OBJECT_METADATA, Strategy
from drakkar.apiserver.tables.aggregation import MIGRATIONS

_MIGRATIONS = Strategy(
    columns=MIGRATIONS,
    status_keeps=OBJECT_METADATA,
    needs_version=True,
    idle="no object is stored anew by a StorageVersionMigration",
)
KINDS = (
    Kind(
        "storagemigration.k8s.io",
        "v1",
        "storageversionmigrations",
        "StorageVersionMigration",
        False,
        status=True,
        strategy=_MIGRATIONS,
    ),
)
