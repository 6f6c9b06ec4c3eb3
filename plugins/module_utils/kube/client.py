# Copyright: (c) 2026, baremetal.sglang maintainers
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The only importer of C(kubernetes): requests to one API server, errors as values."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from typing import Any, Optional

from ansible.module_utils.basic import missing_required_lib
from ansible_collections.baremetal.sglang.plugins.module_utils.change import OperationError
from ansible_collections.baremetal.sglang.plugins.module_utils.kube.objects import Ref

try:
    import urllib3
    from kubernetes import config as kube_config
    from kubernetes import dynamic
    from kubernetes.client import ApiClient, Configuration
    from kubernetes.client.exceptions import ApiException

    IMPORT_ERROR: Optional[ImportError] = None
except ImportError as error:
    IMPORT_ERROR = error

FIELD_MANAGER = "baremetal.sglang"
REQUEST_SECONDS = (10, 40)
"""Connect and read timeouts. LeaderWorkerSet's webhooks may take 10 s each."""


class ClusterUnreachableError(OperationError):
    """No API server could be asked: kubeconfig missing, connection refused, no route, timeout."""


class ApiError(OperationError):
    """The API server refused a request. C(status) is the HTTP status, C(reason) the API's."""

    def __init__(self, subject: str, *, status: int, reason: str, message: str) -> None:
        super().__init__(f"{subject}: the API server answered {status} {reason}: {message}")
        self.status = status
        self.reason = reason
        self.message = message


class ApiMissingError(ApiError):
    """The API server has no such kind: its CustomResourceDefinition is not installed."""


class NamespaceMissingError(ApiError):
    """The namespace of the object does not exist."""


class Cluster:
    """One API server. Every method raises ClusterUnreachableError or ApiError."""

    def __init__(self, api_client: Any) -> None:
        # Paths come from objects.COLLECTIONS, so the client need not discover the API first.
        self._client = dynamic.DynamicClient(api_client, discoverer=lambda *_: None)

    @classmethod
    def connect(cls, *, kubeconfig: Optional[str], context: Optional[str]) -> Cluster:
        """Read a kubeconfig file (None: C(KUBECONFIG) or C(~/.kube/config)); connects lazily."""
        if IMPORT_ERROR is not None:
            raise OperationError(missing_required_lib("kubernetes"))
        path = os.path.expanduser(
            kubeconfig or os.environ.get("KUBECONFIG") or kube_config.KUBE_CONFIG_DEFAULT_LOCATION
        )
        if not any(os.path.exists(part) for part in path.split(os.pathsep)):
            raise ClusterUnreachableError(
                f"kubeconfig {path} does not exist; name the file that kubeadm wrote (kubeconfig)"
            )
        settings = Configuration()
        try:
            kube_config.load_kube_config(path, context=context, client_configuration=settings)
        except kube_config.ConfigException as error:
            raise OperationError(f"kubeconfig {path}, context {context}: {error}") from error
        settings.retries = False
        return cls(ApiClient(settings))

    def get(self, ref: Ref) -> Optional[dict[str, Any]]:
        """Return one object, or None when it, its namespace or its kind does not exist."""
        try:
            return self._json("get", ref.path, str(ref))
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def list(self, ref: Ref, *, selector: str = "", fields: str = "") -> Sequence[dict[str, Any]]:
        """Return the objects of one kind by label and field selectors."""
        query = [(k, v) for k, v in (("labelSelector", selector), ("fieldSelector", fields)) if v]
        found = self._json("get", ref.path, str(ref), query=query)
        items: list[dict[str, Any]] = found["items"]
        return items

    def apply(
        self, obj: Mapping[str, Any], *, dry_run: bool, manager: str = FIELD_MANAGER
    ) -> dict[str, Any]:
        """Server-side apply with our field manager; returns the object as the server has it.

        With C(dry_run) the server runs defaults, validation and webhooks and stores nothing.
        C(manager) parts owners of the same object, of whom none may take the others' fields away.
        """
        ref = Ref.of(obj)
        query = [("fieldManager", manager), ("force", "true"), *_dry_run(dry_run)]
        return self._json(
            "patch",
            ref.path,
            str(ref),
            query=query,
            body=obj,
            content_type="application/apply-patch+yaml",
        )

    def merge(self, ref: Ref, body: Mapping[str, Any], *, dry_run: bool) -> dict[str, Any]:
        """JSON merge patch (RFC 7386) of one object: a value of null removes, whoever wrote it."""
        query = [("fieldManager", FIELD_MANAGER), *_dry_run(dry_run)]
        kind = "application/merge-patch+json"
        return self._json("patch", ref.path, str(ref), query=query, body=body, content_type=kind)

    def delete(self, ref: Ref, *, dry_run: bool) -> None:
        """Delete one object and, in the background, what it owns; absent is not an error."""
        query = [("propagationPolicy", "Background"), *_dry_run(dry_run)]
        try:
            self._json("delete", ref.path, str(ref), query=query)
        except ApiError as error:
            if error.status != 404:
                raise

    def log(self, pod: Ref, *, container: str, previous: bool, lines: int) -> tuple[str, ...]:
        """Return a container's last log lines; none while it or its node cannot tell them."""
        query = [("container", container), ("tailLines", str(lines))]
        if previous:
            query.append(("previous", "true"))
        try:
            text = self._text("get", f"{pod.path}/log", str(pod), query=query)
        except ApiError:  # the container has not started, or its kubelet does not answer
            return ()
        return tuple(text.splitlines())

    def _json(self, method: str, path: str, subject: str, **options: Any) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._text(method, path, subject, **options))
        return answer

    def _text(
        self,
        method: str,
        path: str,
        subject: str,
        *,
        query: Sequence[tuple[str, str]] = (),
        body: Optional[Mapping[str, Any]] = None,
        content_type: str = "application/json",
    ) -> str:
        try:
            response = self._client.request(
                method,
                path,
                body=None if body is None else dict(body),
                query_params=list(query),
                header_params={"Accept": "*/*" if path.endswith("/log") else "application/json"},
                content_type=content_type,
                serialize=False,
                _request_timeout=REQUEST_SECONDS,
            )
        except ApiException as error:
            raise _refusal(subject, error) from error
        except urllib3.exceptions.HTTPError as error:
            raise ClusterUnreachableError(
                f"{subject}: API server {self._client.configuration.host} cannot be reached: "
                f"{error}; see that it runs and that this host has a route to it"
            ) from error
        data: bytes = response.data
        return data.decode("utf-8", errors="replace")


def _dry_run(wanted: bool) -> list[tuple[str, str]]:
    return [("dryRun", "All")] if wanted else []


def _refusal(subject: str, error: Any) -> ApiError:
    """Turn an ApiException into the error that says what is missing."""
    body = error.body.decode("utf-8", "replace") if isinstance(error.body, bytes) else error.body
    try:
        status = json.loads(body or "")
    except ValueError:
        status = {}
    message = status.get("message") or (body or "").strip()
    kind = ApiError
    if error.status == 404 and not status:
        kind = ApiMissingError
        message = (
            "this API is not installed; install its CustomResourceDefinition (LeaderWorkerSet's "
            "chart) first"
        )
    elif error.status == 404 and status.get("details", {}).get("kind") == "namespaces":
        kind = NamespaceMissingError
        message = f"{message}; create the namespace first"
    reason = status.get("reason") or error.reason or ""
    return kind(subject, status=error.status, reason=reason, message=message)
