module drakkar.test/helm

go 1.26.0

require helm.sh/helm/v3 v3.19.0

tool helm.sh/helm/v3/cmd/helm
