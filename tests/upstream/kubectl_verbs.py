"""What people type: commands of kubectl in the order in which they are typed, each at both servers. They are parted as a shell
would part them; files are named as they stand in FILES."""

from __future__ import annotations

from typing import NamedTuple


class Typed(NamedTuple):
    """A command, and what it reads from its standard input."""

    command: str
    stdin: str = ""


_DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels: {app: web}
spec:
  replicas: 2
  selector:
    matchLabels: {app: web}
  template:
    metadata:
      labels: {app: web}
    spec:
      containers:
      - name: c
        image: nginx:1.27
        ports:
        - containerPort: 80
"""
FILES = {
    "deployment.yaml": _DEPLOYMENT,
    "changed.yaml": _DEPLOYMENT.replace("1.27", "1.28").replace("replicas: 2", "replicas: 3"),
    "bad.yaml": _DEPLOYMENT.replace("replicas: 2", "replicas: two").replace("name: web", "name: bad"),
    "unknown.yaml": _DEPLOYMENT.replace("replicas: 2", "replica: 2").replace("name: web", "name: odd"),
    "class.yaml": """\
apiVersion: resource.k8s.io/v1
kind: DeviceClass
metadata:
  name: gpu.example.com
spec:
  selectors:
  - cel:
      expression: device.driver == 'gpu.example.com'
""",
    "claim.yaml": """\
apiVersion: resource.k8s.io/v1
kind: ResourceClaim
metadata:
  name: one
spec:
  devices:
    requests:
    - name: gpu
      exactly:
        deviceClassName: gpu.example.com
---
apiVersion: resource.k8s.io/v1
kind: ResourceClaimTemplate
metadata:
  name: of-each
spec:
  spec:
    devices:
      requests:
      - name: gpu
        exactly:
          deviceClassName: gpu.example.com
          count: 2
""",
    "slice.yaml": """\
apiVersion: resource.k8s.io/v1
kind: ResourceSlice
metadata:
  name: node-a
spec:
  driver: gpu.example.com
  nodeName: node-a
  pool: {name: node-a, generation: 1, resourceSliceCount: 1}
  devices:
  - name: gpu-0
    attributes:
      model: {string: A}
    capacity:
      memory: {value: 80Gi}
""",
    "node.yaml": """\
apiVersion: v1
kind: Node
metadata:
  name: node-a
  labels: {zone: a}
status:
  capacity: {cpu: "4", memory: 8Gi, pods: "110"}
  allocatable: {cpu: "4", memory: 8Gi, pods: "110"}
""",
    "pod.yaml": """\
apiVersion: v1
kind: Pod
metadata:
  name: alone
  labels: {app: alone}
spec:
  nodeName: node-a
  terminationGracePeriodSeconds: 0
  containers:
  - {name: c, image: busybox, command: [sleep, "100"]}
""",
    "roles.yaml": """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: readers
rules:
- {apiGroups: [""], resources: [pods], verbs: [get, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  name: readers
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: readers}
subjects:
- {kind: ServiceAccount, name: default, namespace: default}
""",
    "kustomization.yaml": """\
resources: [class.yaml]
nameSuffix: .org
labels:
- pairs: {made-by: kustomize}
""",
}

TYPED = (
    # What there is.
    Typed("version -o yaml"),
    Typed("api-versions"),
    Typed("api-resources --sort-by=name"),
    Typed("api-resources --verbs=list --namespaced -o name"),
    Typed("api-resources --api-group=resource.k8s.io -o wide"),
    Typed("cluster-info"),
    Typed("get namespaces"),
    Typed("get all"),
    Typed("explain pod"),
    Typed("explain deployment.spec.strategy --recursive"),
    Typed("explain resourceclaim.spec.devices.requests"),
    Typed("explain pod.spec.restartPolicy"),
    Typed("explain resourceslices.spec.devices --api-version=resource.k8s.io/v1"),
    # Whole files.
    Typed("apply -f deployment.yaml"),
    Typed("apply -f deployment.yaml"),
    Typed("diff -f changed.yaml"),
    Typed("apply -f changed.yaml"),
    Typed("apply -f bad.yaml"),
    Typed("apply -f unknown.yaml"),
    Typed("create -f unknown.yaml --validate=warn"),
    Typed("delete deployment odd"),
    Typed("apply view-last-applied deployment/web"),
    Typed("apply --server-side -f changed.yaml"),
    Typed("apply --server-side --field-manager=other -f deployment.yaml"),
    Typed("apply --server-side --force-conflicts --field-manager=other -f deployment.yaml"),
    Typed("apply -k ."),
    Typed("kustomize ."),
    Typed("delete -k ."),
    Typed("create -f class.yaml -f claim.yaml"),
    Typed("apply -f slice.yaml"),
    Typed("create -f class.yaml"),
    Typed("replace -f class.yaml"),
    Typed("create -f node.yaml"),
    Typed("create -f pod.yaml"),
    # Looking.
    Typed("get deployments"),
    Typed("get deploy web -o wide"),
    Typed("get deploy web -o yaml"),
    Typed("get deploy web -o jsonpath={.spec.template.spec.containers[*].image}"),
    Typed("get deploy -o custom-columns=NAME:.metadata.name,REPLICAS:.spec.replicas"),
    Typed("get deploy -o name"),
    Typed("get deploy --show-labels"),
    Typed("get deploy -L app"),
    Typed("get deploy -l app=web,app!=x"),
    Typed("get deploy --field-selector=metadata.name=web"),
    Typed("get deploy --field-selector=spec.replicas=2"),
    Typed("get nothing"),
    Typed("get deploy nothing"),
    Typed("get pods,services,deployments"),
    Typed("get pods -A"),
    Typed("get pods --sort-by=.metadata.name -o wide"),
    Typed("get nodes -o wide"),
    Typed("get deviceclasses,resourceslices"),
    Typed("get resourceclaims,resourceclaimtemplates"),
    Typed("get resourceclaims -o wide"),
    Typed("get --raw /api/v1/namespaces/default"),
    Typed("get --raw /nothing"),
    Typed("describe deployment web"),
    Typed("describe node node-a"),
    Typed("describe pod alone"),
    Typed("describe resourceclaim one"),
    Typed("describe resourceclaimtemplate of-each"),
    Typed("describe resourceslice node-a"),
    Typed("describe deviceclass gpu.example.com"),
    Typed("describe namespace default"),
    Typed("events"),
    # One thing made.
    Typed("create namespace space"),
    Typed("create namespace space"),
    Typed("create configmap c --from-literal=a=b"),
    Typed("create secret generic s --from-literal=password=x"),
    Typed("create secret tls t --cert=nothing --key=nothing"),
    Typed(
        "create secret docker-registry r --docker-username=u --docker-password=p --docker-server=s.example"
    ),
    Typed("create serviceaccount sa"),
    Typed("create role r --verb=get,list --resource=pods,deployments.apps"),
    Typed("create rolebinding rb --role=r --serviceaccount=default:sa"),
    Typed("create clusterrole cr --verb=get --resource=nodes --aggregation-rule=x=y"),
    Typed("create clusterrole cr --verb=get --resource=nodes"),
    Typed("create clusterrolebinding crb --clusterrole=cr --user=somebody"),
    Typed("create quota q --hard=pods=2,cpu=1"),
    Typed("create poddisruptionbudget b --selector=app=web --min-available=1"),
    Typed("create priorityclass high --value=1000 --description=high"),
    Typed("create service clusterip svc --tcp=80:8080"),
    Typed("create service nodeport np --tcp=80 --node-port=30123"),
    Typed("create ingress in --rule=example.com/x*=svc:80,tls=t"),
    Typed("create job j --image=busybox -- echo a"),
    Typed("create cronjob cj --image=busybox --schedule='*/5 * * * *' -- echo a"),
    Typed("create job from --from=cronjob/cj"),
    Typed("create deployment made --image=nginx --replicas=1 --port=80"),
    Typed(
        "create -f - --dry-run=server -o yaml", FILES["claim.yaml"].partition("---")[0].replace("one", "dry")
    ),
    Typed("run p --image=busybox --dry-run=client -o yaml"),
    Typed("run p --image=busybox --dry-run=server"),
    Typed("expose deployment web --port=80"),
    Typed("expose deployment web --port=80"),
    Typed("autoscale deployment web --min=1 --max=3 --cpu-percent=80"),
    # Changes.
    Typed("scale deployment web --replicas=5"),
    Typed("scale deployment web --replicas=1 --current-replicas=9"),
    Typed("label deployment web tier=front"),
    Typed("label deployment web tier=back"),
    Typed("label deployment web tier=back --overwrite"),
    Typed("label deployment web tier-"),
    Typed("label deployment web 'bad label=x'"),
    Typed("annotate deployment web note='a b'"),
    Typed("annotate deployment web note-"),
    Typed('patch deployment web -p \'{"spec":{"paused":true}}\''),
    Typed('patch deployment web --type=merge -p \'{"spec":{"paused":null}}\''),
    Typed('patch deployment web --type=json -p \'[{"op":"test","path":"/spec/replicas","value":7}]\''),
    Typed('patch deployment web --type=json -p \'[{"op":"replace","path":"/spec/replicas","value":4}]\''),
    Typed('patch deployment web --subresource=status --type=merge -p \'{"status":{"replicas":4}}\''),
    Typed('patch deployment web --subresource=scale --type=merge -p \'{"spec":{"replicas":3}}\''),
    Typed('patch resourceclaim one --type=merge -p \'{"spec":{"devices":{"requests":[]}}}\''),
    Typed("set image deployment/web c=nginx:1.29"),
    Typed("set image deployment/web nobody=nginx:1.29"),
    Typed("set env deployment/web A=b"),
    Typed("set env deployment/web --list"),
    Typed("set resources deployment/web --limits=cpu=1,memory=1Gi"),
    Typed("set serviceaccount deployment/web sa"),
    Typed("set selector service/svc app=web"),
    Typed("set subject rolebinding/rb --user=other"),
    Typed("edit deployment web"),
    Typed("rollout pause deployment/web"),
    Typed("rollout resume deployment/web"),
    Typed("rollout history deployment/web"),
    Typed("rollout undo deployment/web"),
    Typed("rollout status deployment/web --watch=false"),
    Typed("replace --force -f changed.yaml --cascade=orphan"),
    Typed("replace -f deployment.yaml --subresource=status"),
    # Nodes.
    Typed("taint node node-a k=v:NoSchedule"),
    Typed("taint node node-a k=v:NoSchedule"),
    Typed("taint node node-a k-"),
    Typed("cordon node-a"),
    Typed("get node node-a"),
    Typed("uncordon node-a"),
    Typed("drain node-a --ignore-daemonsets --force --dry-run=server"),
    Typed("top node"),
    Typed("top pod"),
    # Who may do what.
    Typed("auth can-i create pods"),
    Typed("auth can-i list pods --as=system:serviceaccount:default:sa"),
    Typed("auth can-i delete nodes --as=nobody"),
    Typed("auth can-i --list --as=system:serviceaccount:default:sa"),
    Typed("auth whoami -o yaml"),
    Typed("auth reconcile -f roles.yaml"),
    Typed("auth reconcile -f roles.yaml"),
    Typed("get pods --as=system:serviceaccount:default:sa"),
    Typed("get nodes --as=nobody"),
    Typed("create token nobody"),
    # What needs a node.
    Typed("logs alone --pod-running-timeout=1s"),
    Typed("logs deployment/web --pod-running-timeout=1s"),
    Typed("exec alone --pod-running-timeout=1s -- true"),
    Typed("attach alone --pod-running-timeout=1s"),
    Typed("cp alone:/a a"),
    Typed("port-forward pod/alone 0:80 --pod-running-timeout=1s"),
    Typed("logs nothing"),
    Typed("debug alone --image=busybox --target=c --attach=false"),
    # Waiting and going.
    Typed("wait --for=jsonpath={.spec.replicas}=3 deployment/web --timeout=2s"),
    Typed("wait --for=condition=Available deployment/web --timeout=1s"),
    Typed("wait --for=delete deployment/nothing --timeout=1s"),
    Typed("wait --for=create configmap/c --timeout=1s"),
    Typed("delete pod alone --now --timeout=2s"),
    Typed("delete pod alone --ignore-not-found --timeout=2s"),
    Typed("delete pod alone --timeout=2s"),
    Typed("delete deployment,service -l app=web"),
    Typed("delete resourceclaim one --dry-run=server"),
    Typed("delete -f claim.yaml"),
    Typed("delete configmap --all"),
    Typed("delete node node-a --wait=false"),
    Typed("delete namespace space --wait=false"),
    Typed("delete deviceclass gpu.example.com nothing"),
    Typed("get all,configmaps,secrets,resourceclaims -A --no-headers"),
)
