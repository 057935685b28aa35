"""Whether a node takes a pod, devices aside, and how good it is for it: pure, and learned once for all pods of a form."""

from drakkar.placement.between.company import Company, company_of
from drakkar.placement.choice import Claims, choose
from drakkar.placement.devices.backing import Backing, Variants
from drakkar.placement.devices.standing_claims import StandingClaims
from drakkar.placement.form import Form
from drakkar.placement.node.node_info import Needs, NodeInfo
from drakkar.placement.node.taints import COMPARING, lasting
from drakkar.placement.preemption.budgets import Budgets
from drakkar.placement.preemption.making_room import (
    UNHELPFUL,
    Devices,
    Preemption,
    ineligible,
    leaves_for_others,
    unhelpful,
)
from drakkar.placement.preemption.victims import NO_VICTIMS, Victim, Victims
from drakkar.placement.ranking import best, totals
from drakkar.placement.reason import LONELY, UNSCHEDULABLE, Reason
from drakkar.placement.snapshot import Snapshot
from drakkar.placement.spread.groups import KINDS
from drakkar.placement.volumes.pod_volumes import PodVolumes
from drakkar.placement.volumes.stored_volumes import NOTHING_TO_BIND, StoredVolumes, VolumeBindings

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
