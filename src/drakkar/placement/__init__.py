"""Whether a node takes a pod, devices aside, and how good it is for it: pure, and learned once for all pods of a form."""

from .backing import Backing, Variants
from .budgets import Budgets
from .choice import Claims, choose
from .company import Company, company_of
from .form import Form
from .node_info import Needs, NodeInfo
from .pod_volumes import PodVolumes
from .preemption import UNHELPFUL, Devices, Preemption, ineligible, leaves_for_others, unhelpful
from .ranking import best, totals
from .reason import LONELY, UNSCHEDULABLE, Reason
from .snapshot import Snapshot
from .spread_groups import KINDS
from .standing_claims import StandingClaims
from .stored_volumes import NOTHING_TO_BIND, StoredVolumes, VolumeBindings
from .taints import COMPARING, lasting
from .victims import NO_VICTIMS, Victim, Victims

__all__ = [
    "COMPARING",
    "KINDS",
    "LONELY",
    "NOTHING_TO_BIND",
    "NO_VICTIMS",
    "UNHELPFUL",
    "UNSCHEDULABLE",
    "Backing",
    "Budgets",
    "Claims",
    "Company",
    "Devices",
    "Form",
    "Needs",
    "NodeInfo",
    "PodVolumes",
    "Preemption",
    "Reason",
    "Snapshot",
    "StandingClaims",
    "StoredVolumes",
    "Variants",
    "Victim",
    "Victims",
    "VolumeBindings",
    "best",
    "choose",
    "company_of",
    "ineligible",
    "lasting",
    "leaves_for_others",
    "totals",
    "unhelpful",
]
