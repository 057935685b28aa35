"""The kinds of the group apiregistration.k8s.io: the group versions that there are, and who serves them."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import OBJECT_METADATA, Strategy
from drakkar.apiserver.tables.aggregation import API_SERVICES
from drakkar.validation import formats
from drakkar.validation.object_meta import Rules


def _default(obj: Object) -> None:
    service = obj.setdefault("spec", {}).get("service")
    if service is not None and service.get("port") is None:
        service["port"] = 443


KINDS = (
    Kind(
        "apiregistration.k8s.io",
        "v1",
        "apiservices",
        "APIService",
        False,
        status=True,
        categories=("api-extensions",),
        strategy=Strategy(
            columns=API_SERVICES,
            default=_default,
            metadata=Rules(formats.path_segment),
            status_keeps=OBJECT_METADATA,
            needs_version=True,
            idle="no request is passed on to the service of an APIService",
        ),
    ),
)
