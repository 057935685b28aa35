"""Why a webhook gave no answer that counts."""

from __future__ import annotations


class CallError(Exception):
    """It could not be asked, or what it said cannot be used; the message is upstream's, without the webhook's name."""
