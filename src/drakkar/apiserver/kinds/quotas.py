"""Puts what is particular about ResourceQuotas, beside their rules, into the terms of the API server."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.strategy import Facts, Strategy
from drakkar.validation.field_error import FieldError
from drakkar.validation.resource_quota import quota_status_problems, quota_warnings


class QuotaStrategy(Strategy):
    """Who makes one may be warned, and its status has rules."""

    def warnings(self, new: Object, old: Object | None) -> list[str]:
        """Of requests that could come to more than the limits."""
        return quota_warnings(new) if old is None else []

    def status_problems(self, new: Object, old: Object, facts: Facts) -> list[FieldError]:
        """What is wrong with the status of `new`."""
        return quota_status_problems(new)
