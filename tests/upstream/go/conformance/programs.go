// Package programs names what is built here, so that the go command finds the modules that it takes.
package programs

import (
	_ "k8s.io/kubernetes/test/e2e"
	_ "k8s.io/kubernetes/test/images/agnhost"
)
