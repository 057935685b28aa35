"""The devices of the node's pods: their claims, the plugins that prepare them, and what CDI files say of them."""
