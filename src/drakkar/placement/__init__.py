"""Whether a node takes a pod, devices aside, and how good it is for it: pure, and learned once for all pods of a form."""

from .budgets import Budgets
from .choice import Claims, choose
from .company import Company, company_of
from .form import Form, Score, best
from .node_info import Needs, NodeInfo
from .preemption import UNHELPFUL, Devices, Preemption, ineligible, leaves_for_others, unhelpful
from .reason import LONELY, UNSCHEDULABLE, Reason
from .snapshot import Snapshot
from .standing_claims import StandingClaims
from .taints import COMPARING, lasting
from .victims import NO_VICTIMS, Victim, Victims

__all__ = [
    "COMPARING",
    "LONELY",
    "NO_VICTIMS",
    "UNHELPFUL",
    "UNSCHEDULABLE",
    "Budgets",
    "Claims",
    "Company",
    "Devices",
    "Form",
    "Needs",
    "NodeInfo",
    "Preemption",
    "Reason",
    "Score",
    "Snapshot",
    "StandingClaims",
    "Victim",
    "Victims",
    "best",
    "choose",
    "company_of",
    "ineligible",
    "lasting",
    "leaves_for_others",
    "unhelpful",
]
