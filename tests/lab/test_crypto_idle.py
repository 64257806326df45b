"""`set security-association idle-time` by the counters of a live charon. The shortest idle time is a minute: so is this test."""

import time

from hotswan_lab import configs, topologies, wait_for
from hotswan_lab.remote import LabError
from hotswan_lab.topologies import INSIDE_HOST, INSIDE_NET, REMOTE_NET, make_remote

BUSY_NET, BUSY_HOST = "10.98.0.0/16", "10.98.0.1"
IDLE_S = 60
CONFIG = f"""crypto dynamic-map dyn 10
 set transform-set my-transform-set
 set security-association idle-time {IDLE_S}
 reverse-route
crypto map mymap 9 ipsec-isakmp dynamic dyn
interface FastEthernet 0/0
 crypto map mymap
"""


def gets_in(lab, remote):
    """Until an attempt succeeds."""
    def attempt():
        try:
            remote.initiate("hq", timeout=3)
            return True
        except LabError:
            return False
    wait_for(attempt, 15, f"{remote.name} gets in", evidence=lab.evidence)


def test_an_idle_sa_is_closed_and_one_in_use_is_not(lab):
    net = topologies.single(lab, start=False)
    busy = make_remote(lab, "busy", 2, (f"{BUSY_HOST}/16",))
    net.remotes.append(busy)
    net.remote.connection("hq", "10.1.1.1", "192.168.0.2", [(REMOTE_NET, INSIDE_NET)], initiate=False)
    busy.connection("hq", "10.1.1.2", "192.168.0.2", [(BUSY_NET, INSIDE_NET)], initiate=False)
    net.p.start(configs.prologue("A") + CONFIG)
    gets_in(lab, net.remote)
    gets_in(lab, busy)
    start = time.monotonic()
    pinger = busy.pinger(INSIDE_HOST, BUSY_HOST, interval=1)
    wait_for(lambda: net.remote.tunnels() == [], IDLE_S + 30, "the idle peer was told", every=0.5, evidence=lab.evidence)
    assert time.monotonic() - start >= IDLE_S - 2
    pinger.stop()
    assert len(busy.tunnels()) == 1
    net.p.wait_rri(BUSY_NET)                                            # the route went with the SA
    assert net.p.show("show logging").count("%CRYPTO-6-SA_IDLE") == 1
