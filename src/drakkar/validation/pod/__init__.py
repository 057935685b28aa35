"""Whether pods, and the pod templates of workloads, are legal."""

from drakkar.validation.pod.pod import pod, pod_template

__all__ = ["pod", "pod_template"]
