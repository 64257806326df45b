"""`set security-association idle-time` by the counters of a live charon. The shortest idle time is a minute: so is this test."""

import time

import pytest

from hotswan_lab import configs, topologies, wait_for
from hotswan_lab.topologies import INSIDE_HOST, INSIDE_NET, REMOTE_HOST, REMOTE_NET, make_remote

pytestmark = pytest.mark.kernel_esp

BUSY_NET, BUSY_HOST = "10.98.0.0/16", "10.98.0.1"
STATIC_NET, STATIC_HOST = "10.97.0.0/16", "10.97.0.1"
IDLE_S = 60
CONFIG = f"""crypto dynamic-map dyn 10
 set transform-set my-transform-set
 set security-association idle-time {IDLE_S}
 reverse-route
access-list 104 permit ip 192.168.1.0 0.0.0.255 10.97.0.0 0.0.255.255
crypto map mymap 8 ipsec-isakmp
 set peer 10.1.1.3
 set transform-set my-transform-set
 set security-association idle-time {IDLE_S}
 match address 104
 reverse-route
crypto map mymap 9 ipsec-isakmp dynamic dyn
interface FastEthernet 0/0
 crypto map mymap
"""


def test_an_idle_sa_is_closed_one_in_use_is_not_and_a_static_entry_comes_back_with_a_packet(lab):
    net = topologies.single(lab, start=False)
    busy = make_remote(lab, "busy", 2, (f"{BUSY_HOST}/16",))
    static = make_remote(lab, "static", 3, (f"{STATIC_HOST}/16",))
    net.remotes += [busy, static]
    for remote, address, network in ((net.remote, "10.1.1.1", REMOTE_NET), (busy, "10.1.1.2", BUSY_NET),
                                     (static, "10.1.1.3", STATIC_NET)):
        remote.connection("hq", address, "192.168.0.2", [(network, INSIDE_NET)], dpd=0, initiate=False)     # told, or never knows
    start = time.monotonic()
    net.p.start(configs.prologue("A") + CONFIG)
    static.wait_tunnel()
    net.remote.get_in()
    busy.get_in()
    pinger = busy.pinger(INSIDE_HOST, BUSY_HOST, interval=1)
    for idle in (net.remote, static):
        wait_for(lambda r=idle: r.tunnels() == [], IDLE_S + 40, f"{idle.name} was told", every=0.5, evidence=lab.evidence)
    assert time.monotonic() - start >= IDLE_S - 2
    pinger.stop()
    assert len(busy.tunnels()) == 1
    net.p.wait_rri(BUSY_NET, STATIC_NET)                                # that of the dynamic entry went with the SA
    wait_for(lambda: net.p.show("show logging").count("%CRYPTO-6-SA_IDLE") == 2, 30, "both are logged")

    # Nothing but a packet that its list permits brings the static entry back.
    wait_for(lambda: "out.eth0.w" in net.p.run("nft", "list", "table", "inet", "hotswan"), 30, "the filter listens")
    assert net.host.ping("192.168.0.1") == 0 and net.host.ping(REMOTE_HOST) == 0    # nobody out there knows the way back
    assert static.tunnels() == []
    net.host.wait_ping(STATIC_HOST)
    assert len(static.tunnels()) == 1
    assert net.host.ping(STATIC_HOST) == 3
    net.p.wait_show("show logging", "%CRYPTO-6-SA_DEMAND: A packet from 192.168.1.10 to 10.97.0.1 asks for an SA with peer 10.1.1.3")
    wait_for(lambda: "out.eth0.w" not in net.p.run("nft", "list", "table", "inet", "hotswan"), 30, "and listens no more")
    net.audit()
