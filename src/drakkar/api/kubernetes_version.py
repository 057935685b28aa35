"""The release of Kubernetes whose behaviour everything here follows, as servers and nodes tell it."""

GIT_VERSION = "v1.37.2"
