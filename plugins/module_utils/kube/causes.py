# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Known reasons why a rank does not become ready, most telling first."""

from __future__ import annotations

import re

from ansible_collections.baremetal.sglang.plugins.module_utils.kube.cause import (
    Cause,
    events,
    log,
    phase,
    scheduling,
    terminated,
    waiting,
)

SCHEDULING_SECONDS = 120.0
"""A refused pod may still fit once the pods of the previous revision are gone."""

CAUSES: tuple[Cause, ...] = (
    Cause(
        name="image missing",
        source=waiting,
        pattern=re.compile(
            r"^(?:ErrImagePull|ImagePullBackOff).*(?:image \"|reference \")(?P<image>[^\"]+)\""
            r".*(?:not found|manifest unknown|does not exist|pull access denied)"
        ),
        found="the registry has no image {image}",
        fix="correct image, or put this image into the mirror's registry under the same name",
        persists=20.0,
        held_up=True,
    ),
    Cause(
        # containerd asks the image's own registry when the mirror has no such image, and reports
        # only what that one answered.
        name="image missing",
        source=waiting,
        pattern=re.compile(
            r"^(?:ErrImagePull|ImagePullBackOff).*(?:image \"|reference \")(?P<image>[^\"]+)\""
            r".*(?:Head|Get) \"https?://(?P<registry>[^/\"]+)/.*dial tcp: lookup"
        ),
        found="the mirror has no image {image}, and this node cannot look up {registry}",
        fix=(
            "correct image, or put this image into the mirror's registry under the same name; if "
            "it is there, see that the mirror answers this node"
        ),
        persists=60.0,
        held_up=True,
    ),
    Cause(
        name="image name invalid",
        source=waiting,
        pattern=re.compile(r"^InvalidImageName: (?P<text>.*)"),
        found="{text}",
        fix="correct image",
        persists=0.0,
    ),
    Cause(
        name="image corrupt",
        source=waiting,
        pattern=re.compile(
            r"^(?:ErrImagePull|ImagePullBackOff).*(?:image \"|reference \")(?P<image>[^\"]+)\""
            r".*commit on ref \"(?P<blob>[^\"]+)\": unexpected commit (?:digest|size)"
            r" (?P<got>[^,\s]+)"
        ),
        found="{blob} of image {image} came with other bytes from the registry: {got}",
        fix="replace this blob in the mirror's registry (build or copy the bundle anew)",
        persists=20.0,
        held_up=True,
    ),
    Cause(
        name="registry not reachable",
        source=waiting,
        pattern=re.compile(r"^(?:ErrImagePull|ImagePullBackOff)(?:: )?(?P<text>.*)"),
        found="the image cannot be pulled: {text}",
        fix=(
            "see that the registry (or the mirror in /etc/containerd/certs.d on this node) answers "
            "from this node"
        ),
        persists=180.0,
        held_up=True,
    ),
    Cause(
        name="cache path wrong",
        source=events,
        pattern=re.compile(r'"cache" : hostPath type check failed: (?P<path>\S+) is not a dir'),
        found="the directory {path} for compiled kernels does not exist on this node",
        fix="make it on this node (phase serve does, where it is cache_path of the plan)",
        persists=20.0,
        held_up=True,
    ),
    Cause(
        name="weights path wrong",
        source=events,
        # Of a directory of the host, and of a local volume.
        pattern=re.compile(
            r'(?:type check failed: |path ")(?P<path>[^\s"]+)"? (?:is not a dir|does not exist)'
        ),
        found="the weights directory {path} does not exist on this node",
        fix="correct model_path, or bring the weights to this node (phase weights) first",
        persists=20.0,
        held_up=True,
    ),
    Cause(
        name="weights path wrong",
        source=log,
        pattern=re.compile(
            r"(?P<text>.*(?:does not appear to have a file named config\.json"
            r"|Can't load the configuration of|Unrecognized model in"
            r"|Cannot find any model weights|Incorrect path_or_model_id"
            r"|Repo id must be in the form).*)"
        ),
        found="the directory holds no model that the engine can read: {text}",
        fix="point model_path at the directory that holds config.json and the weights",
        incarnations=1,
    ),
    Cause(
        name="weights not readable",
        source=log,
        pattern=re.compile(r"Permission denied: '(?P<path>/models[^']*)'"),
        found="the engine's user may not read {path}",
        fix="make directories 0755 and files 0644 below model_path on this node",
        incarnations=1,
    ),
    Cause(
        name="cache not writable",
        source=log,
        pattern=re.compile(r"Permission denied: '(?P<path>/var/cache/sglang[^']*)'"),
        found="the engine's user may not write to {path}",
        fix="give cache_path on this node to user and group 65532 (phase serve does)",
        incarnations=1,
    ),
    Cause(
        name="out of memory",
        source=terminated,
        pattern=re.compile(r"^OOMKilled: exit code (?P<code>\d+)"),
        found="the kernel killed the container at its memory limit (exit code {code})",
        fix="raise resources.memory_gib, or lower what the engine may keep (--max-total-tokens)",
        incarnations=2,
    ),
    Cause(
        name="out of memory",
        source=log,
        pattern=re.compile(r"(?:exit code: -9\b|exit code -9\b)"),
        found="a process of the engine was killed (signal 9), as the kernel does at a memory limit",
        fix="raise resources.memory_gib, or lower what the engine may keep (--max-total-tokens)",
        incarnations=2,
    ),
    Cause(
        name="out of GPU memory",
        source=log,
        pattern=re.compile(
            r"(?P<text>CUDA out of memory.*|Not enough memory\. Please try.*|"
            r".*torch\.OutOfMemoryError.*)"
        ),
        found="{text}",
        fix="lower --mem-fraction-static or the context length, or use more GPUs a group",
        incarnations=2,
    ),
    Cause(
        name="weights volume missing",
        source=scheduling,
        pattern=re.compile(
            r"(?P<text>.*(?:persistentvolumeclaim \S+ not found|unbound immediate Persistent"
            r"|find available persistent volumes|match PersistentVolume's node affinity).*)"
        ),
        found="no volume of the weights is on the planned host: {text}",
        fix="run phase serve, which makes volumes and claims; see 'kubectl get pv,pvc'",
        persists=SCHEDULING_SECONDS,
    ),
    Cause(
        name="unschedulable",
        source=scheduling,
        pattern=re.compile(
            r"(?P<text>\d+/\d+ nodes are available:.*(?P<what>Insufficient \S+?)[,.](?:\s|$).*)"
        ),
        found="no planned host has room: {text}",
        fix="{what}: lower resources (or GPUs a rank), or free it on the planned hosts",
        persists=SCHEDULING_SECONDS,
    ),
    Cause(
        name="unschedulable",
        source=scheduling,
        pattern=re.compile(r"(?P<text>\d+/\d+ nodes are available:.*untolerated taint.*)"),
        found="the planned host is tainted: {text}",
        fix=(
            "see 'kubectl describe node' for the taint; a node that is NotReady or short of disk "
            "taints itself"
        ),
        persists=SCHEDULING_SECONDS,
    ),
    Cause(
        name="unschedulable",
        source=scheduling,
        pattern=re.compile(r"(?P<text>\d+/\d+ nodes are available:.*)"),
        found="no node is one of the planned hosts and free of this group: {text}",
        fix="name hosts in ranks as their nodes' label kubernetes.io/hostname does, and join them",
        persists=SCHEDULING_SECONDS,
    ),
    Cause(
        name="wrong Gloo interface",
        source=log,
        pattern=re.compile(r"Unable to find (?:address|interface) for: (?P<interface>\S+)"),
        found="GLOO_SOCKET_IFNAME names {interface}, which this pod does not have",
        fix="set GLOO_SOCKET_IFNAME in environment to an interface of the pod, mostly eth0",
        incarnations=1,
    ),
    Cause(
        name="port taken",
        source=log,
        pattern=re.compile(
            r"(?P<text>.*(?:[Aa]ddress already in use|EADDRINUSE|[Pp]ort \d* ?is already in use).*)"
        ),
        found="a port that the engine needs is in use already: {text}",
        fix=(
            "choose other ports.serving and ports.distributed, apart from every port that "
            "arguments and environment name"
        ),
        incarnations=2,
    ),
    Cause(
        name="engine arguments refused",
        source=log,
        pattern=re.compile(r"launch_server(?:\.py)?: error: (?P<text>.*)"),
        found="the engine does not accept its arguments: {text}",
        fix="correct arguments; they must suit the engine version in image",
        incarnations=1,
    ),
    Cause(
        name="container not created",
        source=waiting,
        pattern=re.compile(
            r"^(?P<text>(?:CreateContainerConfigError|CreateContainerError|RunContainerError).*)"
        ),
        found="{text}",
        fix="correct what the message names",
        persists=60.0,
        held_up=True,
    ),
    Cause(
        name="evicted",
        source=phase,
        pattern=re.compile(r"^Failed Evicted: (?P<text>.*)"),
        found="the kubelet evicted the pod: {text}",
        fix="free what the node lacks, or raise the kubelet's eviction thresholds",
        incarnations=3,
    ),
    Cause(
        name="another rank did not join",
        source=log,
        pattern=re.compile(
            r"(?P<text>.*(?:clients joined|Connection closed by peer|Connection reset by peer).*)"
        ),
        found="this rank gave up waiting for the others: {text}",
        fix="look at the other ranks first; then at the network between the hosts",
        incarnations=3,
    ),
    Cause(
        name="engine ended",
        source=terminated,
        pattern=re.compile(r"^(?P<text>.+)"),
        found="the engine ended by itself ({text})",
        fix="read the last lines; 'kubectl logs --previous' has them all",
        incarnations=4,
    ),
)
