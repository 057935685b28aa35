module drakkar.test/example_driver

go 1.24.0

require sigs.k8s.io/dra-example-driver v0.2.1

tool sigs.k8s.io/dra-example-driver/cmd/dra-example-kubeletplugin
