"""V6 to V8, V18: what a change of the standby group does to a crypto map bound to it (H6 to H8, H12, H13, D10)."""

import pytest

from hotswan_lab import configs, topologies, wait_for
from hotswan_lab.system import stays
from hotswan_lab.topologies import INSIDE_HOST, INSIDE_NET, REMOTE_HOST, REMOTE_NET, VIRTUAL

INTERFACE = "interface FastEthernet 0/0"
REAPPLY = [INTERFACE, "crypto map mymap redundancy group1"]


def lone_active(lab, extra=""):
    """Example 3 on P alone, active, with its tunnel up."""
    net = topologies.pair(lab, start=False, extra=extra)
    net.p.start()
    net.p.wait_state("Active")
    net.remote.wait_tunnel(VIRTUAL)
    net.p.wait_rri(REMOTE_NET)
    return net


@pytest.mark.kernel_esp
def test_v06_v07_name_removed_and_added_again(lab):
    net = lone_active(lab)
    p = net.p
    said = p.configure([INTERFACE, "no standby name group1"])
    assert "%" in said, said                                            # D3: announced at the line that causes it
    p.wait_endpoint("192.168.0.2")
    wait_for(lambda: not net.remote.tunnels(VIRTUAL), 30, "V6: the SAs are deleted", evidence=lab.evidence)
    assert p.standby_state() == "Active"                                # HSRP itself goes on

    said = p.configure([INTERFACE, "standby name group1"])
    assert "%" in said, said
    stays(lambda: p.endpoint() == "192.168.0.2", 1.5, "V7: own address until the map is re-applied",
          evidence=lab.evidence)
    assert net.remote.tunnels(VIRTUAL) == []
    p.configure(REAPPLY)
    p.wait_endpoint(VIRTUAL)
    net.remote.wait_tunnel(VIRTUAL)
    net.remote.wait_ping("192.168.1.2", REMOTE_HOST)
    net.audit()


@pytest.mark.kernel_esp
def test_v08_changed_address_counts_only_after_reapplying(lab):
    net = lone_active(lab)
    p = net.p
    net.remote.connection("new", "10.1.1.1", "192.168.0.9", [(REMOTE_NET, INSIDE_NET)], initiate=False)
    said = p.configure([INTERFACE, "standby ip 192.168.0.9"])
    assert "%" in said, said
    wait_for(lambda: p.addresses("192.168.0.9") and not p.addresses(VIRTUAL), 30, "HSRP serves the new address",
             evidence=lab.evidence)
    stays(lambda: p.endpoint() == VIRTUAL, 1.5, "the old binding until the map is re-applied", evidence=lab.evidence)
    p.wait_rri()                                                        # D10: stale: routes withdrawn, traffic dropped
    assert net.remote.tunnels("192.168.0.9") == []

    p.configure(REAPPLY)
    p.wait_endpoint("192.168.0.9")
    p.wait_rri(REMOTE_NET)
    net.remote.wait_tunnel("192.168.0.9")
    net.remote.wait_ping("192.168.1.2", REMOTE_HOST)
    net.audit()


def test_v18_redundancy_without_a_name_takes_the_lowest_group(lab):
    config = (configs.hsrp("P").replace("crypto map mymap redundancy group1", "crypto map mymap redundancy")
              .replace("standby name group1", "standby 5 name five").replace("standby ip 192.168.0.3", "standby 5 ip 192.168.0.5")
              .replace("standby timers", "standby 5 timers")
              + f"{INTERFACE}\n standby 2 ip {VIRTUAL}\n standby 2 name two\n standby 2 timers {configs.FAST_TIMERS}\n")
    net = topologies.single(lab, config)
    net.remote.connection("hq", "10.1.1.1", VIRTUAL, [(REMOTE_NET, INSIDE_NET)], initiate=False)
    net.p.wait_state("Active", group=2)
    net.p.wait_endpoint(VIRTUAL)
    net.p.wait_rri(REMOTE_NET)
    net.remote.wait_tunnel(VIRTUAL)
    net.audit()


def test_v18_dynamic_map_with_redundancy_answers_at_the_standby_address(lab):
    config = (configs.dynamic("P").replace("\ncrypto map mymap\n", "\n")
              + f"{INTERFACE}\n standby ip {VIRTUAL}\n standby name group1\n standby timers {configs.FAST_TIMERS}\n"
              + " crypto map mymap redundancy group1\n")
    net = topologies.single(lab, config)
    net.remote.connection("own", "10.1.1.1", "192.168.0.2", [(REMOTE_NET, INSIDE_NET)], initiate=False)
    net.remote.connection("virtual", "10.1.1.1", VIRTUAL, [(REMOTE_NET, INSIDE_NET)], initiate=False)
    net.p.wait_state("Active")
    net.p.wait_connection()
    net.remote.initiate("virtual")
    net.p.wait_rri(REMOTE_NET)
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    assert net.p.endpoint() == VIRTUAL
    answer = net.remote.vici.command("initiate", {"ike": "own", "child": "c0", "timeout": 3000}, check=False)
    assert answer["success"] == "no", "the interface's own address must not answer for a map bound to the group"
    net.audit()
