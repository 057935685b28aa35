"""Whether a node takes a pod, devices aside, and how good it is for it: pure, and learned once for all pods of a form."""

from .backing import Backing, Variants
from .choice import Claims, choose
from .form import Form
from .node_info import Needs, NodeInfo
from .ranking import best, totals
from .reason import UNSCHEDULABLE, Reason
from .snapshot import Snapshot
from .spread_groups import KINDS
from .standing_claims import StandingClaims
from .taints import COMPARING, lasting

__all__ = [
    "COMPARING",
    "KINDS",
    "UNSCHEDULABLE",
    "Backing",
    "Claims",
    "Form",
    "Needs",
    "NodeInfo",
    "Reason",
    "Snapshot",
    "StandingClaims",
    "Variants",
    "best",
    "choose",
    "lasting",
    "totals",
]
