"""What an operator does to sessions: clear in all forms, counters over rekeys."""

import json
import os
import re
import signal
import time

from crypto_peers import DYNAMIC_HOST, IDLE_FLOW, IKEV2, OUTSIDE, SECOND_HOST, SECOND_NET, add_ikev2_peer, two_peers
from hotswan_lab import wait_for
from hotswan_lab.system import stays
from hotswan_lab.topologies import INSIDE_HOST, INSIDE_NET, REMOTE_HOST, make_remote


def ids(remote):
    """{IKE_SA unique id: [CHILD_SA unique ids]} of what stands."""
    return {ike["uniqueid"]: [c["uniqueid"] for c in ike["child-sas"].values() if c["state"] == "INSTALLED"]
            for listed in remote.sas() for ike in listed.values() if ike["state"] == "ESTABLISHED"}


def spis(remote):
    """SPIs of what stands, both ways."""
    return {int(child[way], 16) for listed in remote.sas() for ike in listed.values() for child in ike["child-sas"].values()
            if child["state"] == "INSTALLED" for way in ("spi-in", "spi-out")}


def knows(headend, remote):
    """Whether the headend has the peer's SAs and no others: who answers has an SA before who called."""
    peer = next(ike["local-host"] for listed in remote.sas() for ike in listed.values())
    entries = json.loads(headend.show(f"show crypto ipsec sa peer {peer} | json", check=True))["entries"]
    return spis(remote) == {sa[way] for entry in entries for sa in entry["sas"] for way in ("spi_in", "spi_out")}


def packets(headend, peer):
    """(encaps, decaps) of the flows of a peer."""
    found = re.findall(r"#pkts (?:en|de)caps: (\d+)", headend.show(f"show crypto ipsec sa peer {peer}"))
    return int(found[0]), int(found[1])


def settled(net, remote):
    """What stands, once that is one IKE_SA with one CHILD_SA on both ends."""
    def done():
        now = ids(remote)
        return now if [len(c) for c in now.values()] == [1] and knows(net.p, remote) else None
    return wait_for(done, 30, f"{remote.name} has one tunnel", evidence=net.lab.evidence)


def exchanged(net, remote, before, ike, what):
    """Until both ends have another CHILD_SA, under the same IKE_SA or another one."""
    def done():
        now = ids(remote)
        if len(now) != 1 or not all(len(children) == 1 for children in now.values()):
            return None
        (ike_id, children), (old_ike, old_children) = *now.items(), *before.items()
        return now if children != old_children and (ike_id != old_ike) == ike and knows(net.p, remote) else None
    return wait_for(done, 60, what, evidence=net.lab.evidence)


def test_clear_in_all_its_forms(lab):
    net, other = two_peers(lab)
    start, untouched = settled(net, net.remote), settled(net, other)

    net.p.cli("enable\nclear crypto sa peer 10.1.1.1\n", check=True)
    second = exchanged(net, net.remote, start, False, "the static entry's SA is another one, its IKE_SA is not")
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    spi = re.search(r"outbound esp sas:\s+spi: (0x[0-9A-F]+)", net.p.show("show crypto ipsec sa peer 10.1.1.1")).group(1)
    net.p.cli(f"enable\nclear crypto sa entry 10.1.1.1 esp {spi}\n", check=True)
    third = exchanged(net, net.remote, second, False, "the SA of that SPI is another one")
    conn = re.search(r"10\.1\.1\.1 .*QM_IDLE +(\d+)|QM_IDLE +(\d+) ACTIVE",
                     "\n".join(line for line in net.p.show("show crypto isakmp sa").splitlines() if "10.1.1.1 " in line))
    net.p.cli(f"enable\nclear crypto isakmp {conn.group(1) or conn.group(2)}\n", check=True)
    fourth = exchanged(net, net.remote, third, True, "IKE was negotiated anew, and its SA with it")
    net.p.cli("enable\nclear crypto session remote 10.1.1.1\n", check=True)
    exchanged(net, net.remote, fourth, True, "the session is another one")
    assert ids(other) == untouched                                     # the other peer has not noticed

    net.p.cli("enable\nclear crypto ikev2 sa\n", check=True)             # there are none
    net.p.cli("enable\nclear crypto sa map nosuch\n", check=True)
    stays(lambda: ids(other) == untouched, 1, "nothing went that was not meant", evidence=lab.evidence)
    net.p.cli("enable\nclear crypto sa\n", check=True)
    wait_for(lambda: [c for children in ids(other).values() for c in children] == [], 30,
             "the dynamic peer was told", evidence=lab.evidence)
    net.p.wait_rri()                                                    # and its route went
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)                      # the static entry came back by itself

    third = add_ikev2_peer(net)
    now, untouched = settled(net, net.remote), settled(net, third)
    for form, ike in (("sa map mymap", False), ("sa interface FastEthernet0/0", False), ("isakmp", True), ("session local 192.168.0.2", True),
                      ("session interface FastEthernet0/0", True), ("session", True)):
        net.p.cli(f"enable\nclear crypto {form}\n", check=True)
        now = exchanged(net, net.remote, now, ike, f"clear crypto {form}")
        if form == "isakmp":
            assert settled(net, third) == untouched                     # that is IKEv1's
        else:
            untouched = exchanged(net, third, untouched, ike, f"clear crypto {form}, by IKEv2")
    for form in ("ikev2 sa remote 10.1.1.3", "ikev2 sa local 192.168.0.2", "ikev2 sa"):
        net.p.cli(f"enable\nclear crypto {form}\n", check=True)
        untouched = exchanged(net, third, untouched, True, f"clear crypto {form}")
    assert settled(net, net.remote) == now
    net.audit()


def test_counters_survive_a_rekey_and_can_be_cleared(lab):
    net, other = two_peers(lab)
    assert net.remote.ping(INSIDE_HOST, REMOTE_HOST, count=20) == 20
    before = packets(net.p, "10.1.1.1")
    assert before[0] >= 20 and before[1] >= 20
    assert f"({sum(before)} matches)" in net.p.show("show access-lists 102")
    child = next(iter(ids(net.remote).values()))
    net.remote.vici.command("rekey", {"child-id": child[0]})
    wait_for(lambda: next(iter(ids(net.remote).values())) != child, 30, "the SA is rekeyed", evidence=lab.evidence)
    wait_for(lambda: all(n >= m for n, m in zip(packets(net.p, "10.1.1.1"), before)), 30, "nothing was lost", evidence=lab.evidence)
    assert net.remote.ping(INSIDE_HOST, REMOTE_HOST, count=5) == 5
    assert packets(net.p, "10.1.1.1")[0] >= before[0] + 5
    session = net.p.show("show crypto session remote 10.1.1.1 detail")
    assert f"enc'ed {packets(net.p, '10.1.1.1')[0]} " in session

    net.p.cli("enable\nclear crypto sa counters\n", check=True)
    assert packets(net.p, "10.1.1.1") == (0, 0)
    assert packets(net.p, "10.1.1.2") == (0, 0)
    assert other.ping(INSIDE_HOST, DYNAMIC_HOST, count=3) == 3
    wait_for(lambda: packets(net.p, "10.1.1.2") == (3, 3), 30, "they count on from there", evidence=lab.evidence)


def test_the_lines_of_a_slow_peer_share_one_ike_sa(lab):
    net, _ = two_peers(lab)
    slow = make_remote(lab, "slow", 3, (f"{SECOND_HOST}/16", "10.96.0.1/32"))
    slow.connection("hq", "10.1.1.3", OUTSIDE, [(SECOND_NET, INSIDE_NET), ("10.96.0.1/32", INSIDE_NET)], 2, initiate=False)
    net.remotes.append(slow)
    os.kill(slow.process.pid, signal.SIGSTOP)
    net.p.configure(IKEV2 + IDLE_FLOW)
    time.sleep(2)                               # longer than a peer has before it may call itself anything
    os.kill(slow.process.pid, signal.SIGCONT)
    wait_for(lambda: len(slow.tunnels()) == 2, 30, "both lines have their SA", evidence=lab.evidence)
    assert [len(children) for children in ids(slow).values()] == [2], ids(slow)
    net.audit()
