"""Whether objects of resource.k8s.io/v1 are legal, in the field paths, reasons and words of Kubernetes 1.37."""

from drakkar.validation.field_error import FieldError
from drakkar.validation.validate import validate, validate_status, validate_taint_rule_status

__all__ = ["FieldError", "validate", "validate_status", "validate_taint_rule_status"]
