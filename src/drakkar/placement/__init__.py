"""Whether a node takes a pod, devices aside, and how good it is for it: pure, and learned once for all pods of a form."""

from .choice import Claims, choose
from .form import Form, Score, best
from .node_info import Needs, NodeInfo
from .reach import Reach
from .reason import UNSCHEDULABLE, Reason
from .snapshot import Snapshot
from .taints import COMPARING

__all__ = [
    "COMPARING",
    "UNSCHEDULABLE",
    "Claims",
    "Form",
    "Needs",
    "NodeInfo",
    "Reach",
    "Reason",
    "Score",
    "Snapshot",
    "best",
    "choose",
]
