"""What may be wrong with how a server's admission is to be configured."""

from __future__ import annotations


class AdmissionConfigError(Exception):
    """Admission cannot be configured so; the text says why."""


class PluginError(AdmissionConfigError):
    """Plugins are asked for that cannot be had so; the text says which."""


class ConfigurationError(AdmissionConfigError):
    """A file does not configure admission; the text says why."""
