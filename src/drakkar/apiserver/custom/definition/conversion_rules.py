"""How objects are converted between versions: not at all, or by a webhook."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation.admission.webhooks import client_config
from drakkar.validation.field_error import Findings


def check(found: Findings, conversion: Object, path: str) -> None:
    """What is wrong with the conversion of a definition."""
    strategy, webhook = conversion.get("strategy") or "", conversion.get("webhook") or {}
    if not strategy:
        found.required(f"{path}.strategy")
    elif strategy not in ("None", "Webhook"):
        found.not_supported(f"{path}.strategy", strategy, ["None", "Webhook"])
    client, versions = webhook.get("clientConfig"), webhook.get("conversionReviewVersions") or []
    if strategy != "Webhook":
        said = "should not be set when strategy is not set to Webhook"
        if client is not None:
            found.forbidden(f"{path}.webhookClientConfig", said)
        if versions:
            found.forbidden(f"{path}.conversionReviewVersions", said)
        return
    if client is None:
        found.required(f"{path}.webhookClientConfig", "required when strategy is set to Webhook")
    else:
        client_config(found, f"{path}.webhookClientConfig", client)
    if not versions:
        found.required(f"{path}.conversionReviewVersions")
    elif not {"v1", "v1beta1"} & set(versions):
        said = "must include at least one of v1, v1beta1"
        found.invalid(f"{path}.conversionReviewVersions", versions, said)
