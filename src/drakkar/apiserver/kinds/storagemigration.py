"""The kinds of the group storagemigration.k8s.io: objects that are to be stored anew."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import OBJECT_METADATA, Strategy
from drakkar.apiserver.tables.aggregation import MIGRATIONS
from drakkar.validation.migration import (
    migration_change_problems,
    migration_problems,
    migration_status_problems,
)


def _default(obj: Object) -> None:
    obj.setdefault("spec", {}).setdefault("resource", {}).setdefault("group", "")


_MIGRATIONS = Strategy(
    default=_default,
    rules=migration_problems,
    changes=migration_change_problems,
    status_changes=migration_status_problems,
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
