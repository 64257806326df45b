"""V10: a user's static route for the same prefix stands while RRI comes and goes (R12, D12)."""

import pytest

from hotswan_lab import configs, topologies, wait_for
from hotswan_lab.netlink import Monitor
from hotswan_lab.topologies import OTHER_NET

ENTRY = "crypto map mymap 1 ipsec-isakmp"


def toggle_rri(head):
    """RRI off and on, twice, each time until the daemon has followed."""
    for _ in range(2):
        head.configure([ENTRY, "no reverse-route"])
        wait_for(lambda: "172.17.11.0" not in head.show("show crypto route"), 30, "RRI is off", every=0.1)
        head.configure([ENTRY, "reverse-route"])
        wait_for(lambda: "172.17.11.0" in head.show("show crypto route"), 30, "RRI is on", every=0.1)


@pytest.mark.parametrize("made_by", ["ip route of the guide", pytest.param("another program", marks=pytest.mark.kernel_esp)])
def test_v10_user_route_is_untouched(lab, made_by):
    guide = made_by.startswith("ip route")
    net = topologies.single(lab, remotes=False, start=False)
    head = net.p
    if not guide:
        head.address("eth0", "192.168.0.2/24")
        head.ip("route", "add", OTHER_NET, "via", "192.168.0.1", "proto", "static")
    head.start((configs.text("example2-route") if guide else "") + configs.static("A"))
    users = wait_for(lambda: [r for r in head.routes(OTHER_NET) if r.protocol != 213], 30, "the user's route",
                     evidence=lab.evidence)
    watch = Monitor(head.ns)
    toggle_rri(head)
    watch.close()
    assert [r for r in head.routes(OTHER_NET) if r.protocol != 213] == users
    assert head.rri() == [], "an injected route of equal distance must not be installed beside it"
    touched = [change for change in watch.changes if getattr(change[2], "prefix", None) == users[0].prefix]
    assert touched == []
    head.stop_daemon()                                                  # a stop keeps static routes (D9)
    assert [r for r in head.routes(OTHER_NET) if r.protocol != 213] == users
