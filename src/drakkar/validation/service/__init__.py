"""Services: what they must look like, and what of them may change."""

from drakkar.validation.service.changes import service_changes
from drakkar.validation.service.service import service_problems
from drakkar.validation.service.warnings import service_warnings

__all__ = ["service_changes", "service_problems", "service_warnings"]
