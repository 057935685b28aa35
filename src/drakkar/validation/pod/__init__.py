"""Whether pods, and the pod templates of workloads, are legal."""

from drakkar.validation.pod.pod import pod, pod_template
from drakkar.validation.pod.pod_spec import RESTART_POLICIES
from drakkar.validation.pod.resize import resize, unsaid

__all__ = ["RESTART_POLICIES", "pod", "pod_template", "resize", "unsaid"]
