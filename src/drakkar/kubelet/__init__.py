"""The node agent: runs pods and prepares their devices."""

from drakkar.kubelet.config import KubeletConfig
from drakkar.kubelet.run import run

__all__ = ["KubeletConfig", "run"]
