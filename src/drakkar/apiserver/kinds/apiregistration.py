"""The kinds of the group apiregistration.k8s.io: the group versions that there are, and who serves them."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.conditions import with_condition
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import OBJECT_METADATA, Facts, Strategy
from drakkar.apiserver.tables.aggregation import API_SERVICES
from drakkar.validation.api_service import api_service_problems, api_service_status_problems, name_rule
from drakkar.validation.field_error import FieldError
from drakkar.validation.object_meta import Rules


def _default(obj: Object) -> None:
    service = obj.setdefault("spec", {}).get("service")
    if service is not None and service.get("port") is None:
        service["port"] = 443


def _prepare(new: Object, old: Object | None, now: str) -> None:
    # What the server serves itself is there from the first moment.
    if old is None:
        new["status"] = {}
        if new["spec"].get("service") is None:
            said = ("Local", "Local APIServices are always available")
            new["status"] = with_condition(new, "Available", "True", *said, now)["status"]


class _Services(Strategy):
    def status_problems(self, new: Object, old: Object, facts: Facts) -> list[FieldError]:
        """What is wrong with a status."""
        return api_service_status_problems(new)


KINDS = (
    Kind(
        "apiregistration.k8s.io",
        "v1",
        "apiservices",
        "APIService",
        False,
        status=True,
        categories=("api-extensions",),
        strategy=_Services(
            columns=API_SERVICES,
            default=_default,
            prepare=_prepare,
            rules=api_service_problems,
            metadata_of=lambda service: Rules(name_rule(service)),
            status_keeps=OBJECT_METADATA,
            needs_version=True,
            idle="no request is passed on to the service of an APIService",
        ),
    ),
)
