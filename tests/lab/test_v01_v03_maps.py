"""V1 to V3: dynamic and static crypto maps with reverse-route on one headend."""

import pytest

from hotswan_lab import configs, topologies, wait_for
from hotswan_lab.system import stays
from hotswan_lab.topologies import INSIDE_HOST, INSIDE_NET, OTHER_HOST, OTHER_NET, REMOTE_HOST, REMOTE_NET

HOST_PROXY = "10.77.0.5/32"
DYNAMIC_IKEV2 = configs.text("ikev2") + "crypto dynamic-map mydynmap 1\n set ikev2-profile lab-profile\n"


@pytest.mark.parametrize("ike", [1, pytest.param(2, marks=pytest.mark.kernel_esp)])
def test_v01_dynamic_map_has_a_route_for_each_proxy_while_its_sa_lives(lab, ike):
    net = topologies.single(lab, configs.dynamic("A") + (DYNAMIC_IKEV2 if ike == 2 else ""))
    remote, head = net.remote, net.p
    remote.address("lo", HOST_PROXY)
    pairs = [(REMOTE_NET, INSIDE_NET), (HOST_PROXY, INSIDE_NET)]
    remote.connection("hq", "10.1.1.1", "192.168.0.2", pairs, ike, initiate=False)
    head.wait_connection()
    stays(lambda: head.rri() == [], 1.0, "no route before a peer negotiates", evidence=lab.evidence)

    remote.initiate("hq", "c0")
    head.wait_rri(REMOTE_NET)
    remote.initiate("hq", "c1")
    head.wait_rri(REMOTE_NET, HOST_PROXY)
    remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    remote.wait_ping(INSIDE_HOST, "10.77.0.5")
    shown = head.show("show crypto route")
    assert "10.0.0.0" in shown and "10.77.0.5" in shown, shown

    remote.vici.command("terminate", {"child": "c1", "timeout": 5000})
    head.wait_rri(REMOTE_NET)
    remote.terminate("hq")
    head.wait_rri()
    net.audit()


@pytest.mark.kernel_esp
def test_v02_only_the_entry_with_reverse_route_makes_a_route(lab):
    net = topologies.single(lab, start=False)
    other = topologies.make_other_remote(lab)
    other.connection("hq", "172.17.11.1", "192.168.0.2", [(OTHER_NET, INSIDE_NET)], initiate=False)
    net.remote.connection("hq", "10.1.1.1", "192.168.0.2", [(REMOTE_NET, INSIDE_NET)], initiate=False)
    net.p.start(configs.static("A"))

    net.p.wait_rri(OTHER_NET)
    table = net.p.show("show ip route")
    rows = [line for line in table.splitlines() if "172.17.11.0" in line and line.startswith("S")]
    assert rows and "FastEthernet0/0" in rows[0], table
    assert not [line for line in table.splitlines() if line.startswith("S") and "10.0.0.0" in line], table
    # The peer 172.17.11.1 lies inside the prefix whose packets go into its own tunnel.
    assert net.p.ping("172.17.11.1", wait=5) == 3
    other.wait_tunnel("192.168.0.2")
    net.host.wait_ping(OTHER_HOST)
    net.remote.wait_tunnel("192.168.0.2")
    net.host.wait_ping(REMOTE_HOST)
    stays(lambda: net.p.rri() == [OTHER_NET], 0.5, "no further route", evidence=lab.evidence)
    net.audit()


def test_v03_no_route_before_the_map_is_applied(lab):
    config = configs.static("A").replace("interface FastEthernet 0/0\n  crypto map mymap\n", "")
    net = topologies.single(lab, config, remotes=False)
    stays(lambda: net.p.rri() == [], 1.0, "no route while the map is on no interface", evidence=lab.evidence)
    net.p.configure(["interface FastEthernet 0/0", "crypto map mymap"])
    net.p.wait_rri(OTHER_NET)
    net.p.configure(["interface FastEthernet 0/0", "no crypto map mymap"])
    net.p.wait_rri()
    wait_for(lambda: not net.p.routes(protocol=214), 30, "helper routes go with the map", evidence=lab.evidence)
