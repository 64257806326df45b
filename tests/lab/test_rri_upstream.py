"""R4, R9, R14: what a neighbour sees of injected routes by OSPF and BGP, with FRR and with BIRD on the headends.

Both speak the files of packaging/. The inside router is FRR; it is asked, nobody else.
"""

import ipaddress
import json

import pytest

from hotswan_lab import configs, topologies, wait_for
from hotswan_lab.bird import Bird
from hotswan_lab.router import WHOLE_SECONDS, Frr, Router, shipped
from hotswan_lab.system import stays
from hotswan_lab.topologies import INSIDE_NET, INSIDE_ROUTER, REMOTE_HOST, REMOTE_NET

TAG = "crypto dynamic-map mydynmap 1\n set reverse-route tag 10\nhotswan route-tag 10 table 210\n"
MAX_AGE = 3600
ADDRESS = {"p": "192.168.1.2", "s": "192.168.1.4"}
BGP = "router bgp 65000\n bgp router-id {me}\n no bgp ebgp-requires-policy\n neighbor 192.168.1.1 remote-as 65001\n" \
      " timers bgp 1 4\n"


def frr(head, me):
    """FRR with the shipped lines for tags by OSPF and BGP."""
    head.frr = Frr(head, me, ["eth1"], priority=0, bgp=BGP.format(me=me), hello=WHOLE_SECONDS).start()
    head.frr.load(shipped("hotswan-tag.conf") + shipped("hotswan-bgp.conf"))


def bird(head, me):
    """BIRD with the shipped files."""
    head.bird = Bird(head, me, INSIDE_ROUTER, tag=True).start()


def network(lab, routing):
    """Figure 1 with one remote: two headends without redundancy, an inside router that speaks OSPF and BGP.

    No box dies here, so no neighbour needs to be missed quickly: a machine that stands still for a second shall not lose one.
    """
    net = topologies.Network(lab, [], [], topologies.Capture(lab, lab.segment("outside")), topologies.make_isp(lab))
    _, net.host = topologies.make_inside(lab, router=False)
    net.inside = Router(lab, "inside")
    net.inside.connect("inside", f"{INSIDE_ROUTER}/24")
    net.inside.forward()
    neighbours = "".join(f" neighbor {address} remote-as 65000\n" for address in ADDRESS.values())
    net.inside.frr = Frr(net.inside, INSIDE_ROUTER, ["eth0"], hello=WHOLE_SECONDS,
                         bgp="router bgp 65001\n no bgp ebgp-requires-policy\n"
                         f" bgp router-id {INSIDE_ROUTER}\n timers bgp 1 4\n{neighbours}").start()
    for name, address in ADDRESS.items():
        head = topologies.make_headend(lab, name)
        head.address("eth1", f"{address}/24")
        routing(head, address)
        head.start(configs.dynamic(name.upper(), int(address.rsplit(".", 1)[1])) + TAG)
        net.headends.append(head)
    for head in net.headends:
        head.wait_connection()
    remote = topologies.make_remote(lab)
    for name, peer in (("a", "192.168.0.2"), ("b", "192.168.0.4")):
        remote.connection(name, "10.1.1.1", peer, [(REMOTE_NET, INSIDE_NET)], 1, dpd=0, initiate=False)
    net.remotes.append(remote)
    net.inside.frr.wait_full(2, timeout=60)
    wait_for(lambda: established(net.inside) == 2, 60, "BGP sessions", every=0.2, evidence=lab.evidence)
    return net


def established(router):
    """BGP sessions that stand."""
    peers = json.loads(router.frr.vtysh("show bgp ipv4 unicast summary json") or "{}").get("peers", {})
    return sum(peer["state"] == "Established" for peer in peers.values())


def by_ospf(router):
    """{advertising router: tag} of the external LSAs for the remote's network; one at MaxAge is on its way out."""
    text = router.frr.vtysh("show ip ospf database external")
    found, origin, age, inside = {}, None, 0, False
    for line in text.splitlines():
        word = line.split()
        if line.startswith("  LS age:"):
            age = int(word[2])
        if line.startswith("  Link State ID:"):    # BIRD sets the host bits, as RFC 2328 appendix E allows
            inside = ipaddress.ip_address(word[3]) in ipaddress.ip_network(REMOTE_NET)
        if line.startswith("  Advertising Router:"):
            origin = word[2]
        if "External Route Tag:" in line and inside and age < MAX_AGE:
            found[origin] = int(word[-1])
    return found


def by_bgp(router):
    """{neighbour: communities} of the paths to the remote's network."""
    paths = json.loads(router.frr.vtysh(f"show bgp ipv4 unicast {REMOTE_NET} json") or "{}").get("paths", [])
    return {path["peer"]["peerId"]: path.get("community", {}).get("string", "") for path in paths}


def way(node):
    """Gateway of the main table's best route to the remote's network; "tunnel" without one, None without route.

    Not "ip route get": charon's kernel-libipsec has a table of its own that is asked first.
    """
    found = sorted(node.routes(REMOTE_NET), key=lambda route: route.metric)
    return (found[0].via or ["tunnel"])[0] if found else None


def announced(net, ospf, bgp):
    """Until the inside router has exactly these announcements."""
    wait_for(lambda: by_ospf(net.inside) == ospf and by_bgp(net.inside) == bgp, 40,
             f"OSPF {ospf}, BGP {bgp}", every=0.1,
             evidence=lambda: f"OSPF {by_ospf(net.inside)} BGP {by_bgp(net.inside)}\n" + net.lab.evidence())


@pytest.mark.parametrize("routing", [frr, bird])
def test_tag_life_and_takeover_while_the_old_announcement_lives(lab, routing):
    net = network(lab, routing)
    remote, p, s = net.remote, net.p, net.s
    stays(lambda: not by_ospf(net.inside) and not by_bgp(net.inside), 1, "nothing is announced without an SA",
          evidence=lab.evidence)
    remote.initiate("a")
    announced(net, {ADDRESS["p"]: 10}, {ADDRESS["p"]: "65000:10"})
    net.host.wait_ping(REMOTE_HOST)
    # Adjacencies with the headends come up one after the other, with the wait for a designated router in between.
    wait_for(lambda: way(s) == ADDRESS["p"], 60, "the other headend follows the announcement", evidence=lab.evidence)

    # The remote comes to S, and P does not know: its SA lives, its announcements stand.
    remote.initiate("b")
    s.wait_rri(REMOTE_NET)
    wait_for(lambda: way(s) == "tunnel", 30, "on the new one its own route wins", evidence=lab.evidence)
    announced(net, {address: 10 for address in ADDRESS.values()},
              {address: "65000:10" for address in ADDRESS.values()})
    stays(lambda: way(s) == "tunnel", 1, "and goes on winning", evidence=lab.evidence)

    remote.terminate("a")
    announced(net, {ADDRESS["s"]: 10}, {ADDRESS["s"]: "65000:10"})
    net.host.wait_ping(REMOTE_HOST)
    remote.terminate("b")
    announced(net, {}, {})
    for head in (p, s):                         # BIRD may look once more at its own one a second later
        wait_for(lambda h=head: not [r for r in h.routes(REMOTE_NET, table=None) if r.table in (210, 254)], 30,
                 "no route is left", evidence=lab.evidence)
    net.audit()


@pytest.mark.parametrize("routing", [frr, bird])
def test_distance_decides_against_the_other_headends_announcement(lab, routing):
    net = network(lab, routing)
    remote, p, s = net.remote, net.p, net.s
    tagged = ["set reverse-route tag 11", "hotswan route-tag 11 table 211"] if routing is frr else []
    s.configure(["no hotswan route-tag 10", "crypto dynamic-map mydynmap 1", "set reverse-route distance 200", *tagged])
    remote.initiate("a")
    announced(net, {ADDRESS["p"]: 10}, {ADDRESS["p"]: "65000:10"})
    # Adjacencies with the headends come up one after the other, with the wait for a designated router in between.
    wait_for(lambda: way(s) == ADDRESS["p"], 60, "the other headend follows the announcement", evidence=lab.evidence)
    remote.initiate("b")
    s.wait_rri(REMOTE_NET)
    stays(lambda: way(s) == ADDRESS["p"], 2, "distance 200 is behind what OSPF and BGP learned", evidence=lab.evidence)
    announced(net, {ADDRESS["p"]: 10}, {ADDRESS["p"]: "65000:10"})
    remote.terminate("a")
    wait_for(lambda: way(s) == "tunnel", 40, "until that is gone", evidence=lab.evidence)
    assert p.rri() == []
    if tagged:                                  # then it is announced, with its own tag
        wait_for(lambda: by_ospf(net.inside) == {ADDRESS["s"]: 11}, 40, "tag 11", evidence=lab.evidence)
