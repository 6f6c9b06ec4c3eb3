"""NFS over RDMA, on a software RDMA device, and the mount that would silently go over TCP."""

from __future__ import annotations

from tests.machines.storage import RDMA, ROOT, SERVER, StorageSite

OTHER = "/mnt/other"
# The kernel shares a mount with one of the same options but for the transport.
LIKE_THE_ROLE = "ro,hard,noatime,vers=4.2,nconnect=8,rsize=1048576,wsize=1048576"


def test_a_mount_over_tcp_is_in_the_way(site: StorageSite) -> None:
    for machine in ("vm1", "vm2"):
        site.on(machine, "modprobe rdma_rxe; rdma link add rxe0 type rxe netdev eth0")
    run = site.play(*RDMA, "--limit", "vm2")
    assert run.status != 0
    assert f"{ROOT}: nfs other transport: found {SERVER}:{ROOT} over tcp, needed" in run.output
    assert run.changed == {"vm2": 0}


def test_a_mount_that_silently_goes_over_tcp_is_refused(site: StorageSite) -> None:
    """The server is mounted over TCP under another name, which no look before can see."""
    site.on(
        "vm2",
        f"umount {ROOT}; echo '{SERVER} nas' >>/etc/hosts; mkdir -p {OTHER}; "
        f"mount -t nfs -o {LIKE_THE_ROLE},proto=tcp nas:{ROOT} {OTHER}",
    )
    run = site.play(*RDMA)
    assert run.status != 0
    assert site.transports() == {"tcp"}
    assert f"{ROOT}: nfs wrong transport: found {SERVER}:{ROOT} over tcp, needed" in run.output
    site.on("vm2", f"umount {ROOT} {OTHER}")


def test_nfs_goes_over_rdma(site: StorageSite) -> None:
    """The server serves it since the run before."""
    run = site.play(*RDMA, "--limit", "vm2")
    assert run.status == 0, run.output
    assert site.transports() == {"rdma"}
    sent = "cat /sys/class/infiniband/rxe0/ports/1/hw_counters/sent_pkts"
    before = int(site.on("vm2", sent))
    assert site.digest("vm2") == site.digest("vm1")
    assert int(site.on("vm2", sent)) > before
