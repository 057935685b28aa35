"""Whether a node takes a pod, devices aside, and how good it is for it: pure, and learned once for all pods of a form."""

from .backing import Backing, Variants
from .choice import Claims, choose
from .form import Form
from .node_info import Needs, NodeInfo
from .pod_volumes import PodVolumes
from .ranking import best, totals
from .reason import UNSCHEDULABLE, Reason
from .snapshot import Snapshot
from .spread_groups import KINDS
from .standing_claims import StandingClaims
from .stored_volumes import NOTHING_TO_BIND, StoredVolumes, VolumeBindings
from .taints import COMPARING, lasting

__all__ = [
    "COMPARING",
    "KINDS",
    "NOTHING_TO_BIND",
    "UNSCHEDULABLE",
    "Backing",
    "Claims",
    "Form",
    "Needs",
    "NodeInfo",
    "PodVolumes",
    "Reason",
    "Snapshot",
    "StandingClaims",
    "StoredVolumes",
    "Variants",
    "VolumeBindings",
    "best",
    "choose",
    "lasting",
    "totals",
]
