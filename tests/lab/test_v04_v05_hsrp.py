"""V4 and V5: the guide's HSRP example on a pair, and its failover."""

import pprint
import time

import pytest

from hotswan_lab import topologies, wait_for
from hotswan_lab.system import stays
from hotswan_lab.topologies import INSIDE_HOST, REMOTE_HOST, REMOTE_NET, VIRTUAL


@pytest.mark.parametrize("ike", [pytest.param(1, marks=pytest.mark.kernel_esp), 2])
def test_v04_endpoint_is_the_virtual_address_and_only_the_active_has_the_route(lab, ike):
    net = topologies.pair(lab, ike=ike)
    topologies.calm(net)
    p, s = net.headends
    p.wait_endpoint(VIRTUAL)
    p.wait_rri(REMOTE_NET)
    assert s.rri() == []
    assert s.endpoint() in (VIRTUAL, None)
    assert len(p.addresses(VIRTUAL)) == 1 and p.addresses(VIRTUAL)[0].valid is not None     # D9: with a lifetime
    assert s.addresses(VIRTUAL) == []

    net.remote.wait_tunnel(VIRTUAL)
    net.host.ip("route", "replace", "default", "via", "192.168.1.2")
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    assert net.host.ping(REMOTE_HOST, wait=5) == 3
    wait_for(lambda: len(p.ike_sas()) == 1, 30, "one SA", evidence=lambda: p.show("show crypto isakmp sa"))
    assert s.ike_sas() == [], s.show("show crypto isakmp sa")                               # D7
    stays(lambda: s.rri() == [] and p.rri() == [REMOTE_NET], 1.0, "routes on the active only", evidence=lab.evidence)
    assert "Active" in p.show("show standby") and "Standby" in s.show("show standby")
    net.audit()


@pytest.mark.parametrize("ike", [1, pytest.param(2, marks=pytest.mark.kernel_esp)])
def test_v05_the_standby_takes_address_routes_and_tunnels_over(lab, ike):
    net = topologies.pair(lab, ike=ike)
    topologies.calm(net)
    p, s = net.headends
    net.remote.wait_tunnel(VIRTUAL)
    net.host.ip("route", "replace", "default", "via", "192.168.1.4")    # as the inside router would have it afterwards

    cut = time.time()
    p.link("outside", False)
    s.wait_state("Active")
    s.wait_rri(REMOTE_NET)
    p.wait_rri()                                # routes left the old active, which still runs
    p.wait_state("Init")
    wait_for(lambda: p.addresses(VIRTUAL) == [], 30, "the address is gone", evidence=lab.evidence)
    wait_for(lambda: net.remote.events.first_up(cut), 30, "IKE and IPsec up again", evidence=lab.evidence)
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    wait_for(lambda: len(net.remote.tunnels()) == 1, 30, "INITIAL_CONTACT removes the old SA",
             evidence=lambda: pprint.pformat(net.remote.sas()))
    wait_for(lambda: p.ike_sas() == [], 30, "none is left here", evidence=lab.evidence)

    p.link("outside", True)                     # no preemption: the returning router must not take over
    p.wait_state("Standby")
    stays(lambda: s.standby_state() == "Active" and p.rri() == [], 1.0, "S stays active", evidence=lab.evidence)
    assert net.remote.ping(INSIDE_HOST, REMOTE_HOST, wait=5) == 3
    net.audit()
