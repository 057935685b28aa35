"""Whether a node takes a pod, devices aside, and how good it is for it: pure, and learned once for all pods of a form."""

from .choice import ENOUGH, Claims, choose
from .form import Form, Score, best
from .node_info import Needs, NodeInfo
from .reason import UNSCHEDULABLE, Reason
from .snapshot import Snapshot
from .taints import COMPARING

__all__ = [
    "COMPARING",
    "ENOUGH",
    "UNSCHEDULABLE",
    "Claims",
    "Form",
    "Needs",
    "NodeInfo",
    "Reason",
    "Score",
    "Snapshot",
    "best",
    "choose",
]
