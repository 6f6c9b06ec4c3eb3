#!/bin/sh
# Runs in a bare host that sees the bundle: containerd and the kubelet from it, without a cluster.
# Arguments: the pause image, which /root/pause.tar holds, and seconds that the pod may take.
# Prints the kubelet's answer about its pods.
set -eu
image=$1
seconds=$2
cat >/etc/apt/sources.list.d/bundle.sources <<'END'
Types: deb
URIs: file:/srv/bundle/apt
Suites: stable
Components: main
Signed-By: /srv/bundle/apt/key.asc
END
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends containerd.io kubelet >&2
cat >/etc/containerd/config.toml <<END
version = 3

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '$image'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  SystemdCgroup = true
END
systemctl restart containerd.service
ctr --namespace k8s.io images import /root/pause.tar >&2
mkdir -p /etc/kubernetes/manifests /var/lib/kubelet
# Only this host can ask the kubelet: it has no route beyond its bridge, and no API server to ask.
cat >/var/lib/kubelet/config.yaml <<'END'
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 127.0.0.1
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
cgroupDriver: systemd
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
staticPodPath: /etc/kubernetes/manifests
END
cat >/etc/kubernetes/manifests/alone.yaml <<END
apiVersion: v1
kind: Pod
metadata: {name: alone, namespace: default}
spec:
  hostNetwork: true
  containers:
    - name: pause
      image: $image
      imagePullPolicy: Never
      resources: {limits: {memory: 32Mi}}
END
systemd-run --quiet --unit=kubelet-alone /usr/bin/kubelet --config=/var/lib/kubelet/config.yaml
until [ "$(ctr --namespace k8s.io tasks list | grep -c RUNNING)" = 2 ]; do
  seconds=$((seconds - 5))
  if [ "$seconds" -lt 0 ]; then
    journalctl --no-pager --unit kubelet-alone --lines 40 >&2
    exit 1
  fi
  sleep 5
done
# The kubelet notices a little later that its container runs.
sleep 10
curl --silent --show-error --insecure https://127.0.0.1:10250/pods
