"""Whether a node takes a pod, devices aside, and how good it is for it: pure, and learned once for all pods of a form."""

from .backing import Backing, Variants
from .choice import Claims, choose
from .form import Form, Score, best
from .node_info import Needs, NodeInfo
from .reason import UNSCHEDULABLE, Reason
from .snapshot import Snapshot
from .standing_claims import StandingClaims
from .taints import COMPARING, lasting

__all__ = [
    "COMPARING",
    "UNSCHEDULABLE",
    "Backing",
    "Claims",
    "Form",
    "Needs",
    "NodeInfo",
    "Reason",
    "Score",
    "Snapshot",
    "StandingClaims",
    "Variants",
    "best",
    "choose",
    "lasting",
]
