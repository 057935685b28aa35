"""The names of kube-apiserver's admission plugins: which of them do something here, and which of these may be left out."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from drakkar.apiserver.admission.errors import PluginError

# They may be left out.
LIMIT_RANGER: Final = "LimitRanger"
SERVICE_ACCOUNT: Final = "ServiceAccount"
TAINT_NODES: Final = "TaintNodesByCondition"
POD_SECURITY: Final = "PodSecurity"
PRIORITY: Final = "Priority"
DEFAULT_TOLERATIONS: Final = "DefaultTolerationSeconds"
RUNTIME_CLASS: Final = "RuntimeClass"
MUTATING_POLICY: Final = "MutatingAdmissionPolicy"
MUTATING_WEBHOOK: Final = "MutatingAdmissionWebhook"
VALIDATING_POLICY: Final = "ValidatingAdmissionPolicy"
VALIDATING_WEBHOOK: Final = "ValidatingAdmissionWebhook"
RESOURCE_QUOTA: Final = "ResourceQuota"
OPTIONAL: Final = frozenset(
    {
        *(
            LIMIT_RANGER,
            SERVICE_ACCOUNT,
            TAINT_NODES,
            POD_SECURITY,
            PRIORITY,
            DEFAULT_TOLERATIONS,
            RUNTIME_CLASS,
        ),
        *(MUTATING_POLICY, MUTATING_WEBHOOK, VALIDATING_POLICY, VALIDATING_WEBHOOK, RESOURCE_QUOTA),
    }
)
# What these see to is done by every server.
ALWAYS: Final = frozenset(
    {
        *(
            "AlwaysAdmit",
            "NamespaceLifecycle",
            "NodeRestriction",
            "CertificateApproval",
            "CertificateSigning",
        ),
        *("CertificateSubjectRestriction", "ClusterTrustBundleAttest", "PodResizeValidator"),
    }
)
# kube-apiserver has them on from the start; what they see to is not done here.
IDLE: Final = frozenset(
    {
        *("DefaultStorageClass", "DefaultIngressClass", "PersistentVolumeClaimResize", "PodTopologyLabels"),
        *("StorageObjectInUseProtection", "PodGroupProtection", "NodeDeclaredFeatureValidator"),
    }
)
# They are off there, too, unless somebody wants them; nobody can have them here.
ABSENT: Final = frozenset(
    {
        *(
            "AlwaysDeny",
            "AlwaysPullImages",
            "DenyServiceExternalIPs",
            "EventRateLimit",
            "ExtendedResourceToleration",
        ),
        *(
            "ImagePolicyWebhook",
            "LimitPodHardAntiAffinityTopology",
            "NamespaceAutoProvision",
            "NamespaceExists",
        ),
        *("OwnerReferencesPermissionEnforcement", "PodNodeSelector", "PodTolerationRestriction"),
    }
)
KNOWN: Final = OPTIONAL | ALWAYS | IDLE | ABSENT


def left_out(enabled: Collection[str], disabled: Collection[str]) -> frozenset[str]:
    """The plugins that are left out on a server with these flags; PluginError."""
    for flag, names in (("enable", enabled), ("disable", disabled)):
        for name in names:
            if name not in KNOWN:
                raise PluginError(f'{flag}-admission-plugins plugin "{name}" is unknown')
    both = sorted({*enabled} & {*disabled})
    if both:
        raise PluginError(
            f"[{' '.join(both)}] in enable-admission-plugins and disable-admission-plugins overlapped"
        )
    missing = sorted({*enabled} & ABSENT)
    if missing:
        raise PluginError(f"{', '.join(missing)}: not built here, so that nobody can turn it on")
    fixed = sorted({*disabled} & (ALWAYS - {"AlwaysAdmit"}))
    if fixed:
        raise PluginError(f"{', '.join(fixed)}: every server does this here, and it cannot be turned off")
    return frozenset(disabled) & OPTIONAL
