"""What an operator does to sessions: clear in all forms, counters over rekeys, every show command against a live charon."""

import json
import re

from hotswan_lab import configs, topologies, wait_for
from hotswan_lab.remote import LabError
from hotswan_lab.system import stays
from hotswan_lab.topologies import INSIDE_HOST, INSIDE_NET, REMOTE_HOST, REMOTE_NET, make_remote

DYNAMIC_NET, DYNAMIC_HOST = "10.98.0.0/16", "10.98.0.1"
OUTSIDE = "192.168.0.2"
CONFIG = """access-list 102 permit ip 192.168.1.0 0.0.0.255 10.0.0.0 0.0.255.255
crypto dynamic-map dyn 10
 set transform-set my-transform-set
 set security-association replay window-size 128
 reverse-route
crypto map mymap 1 ipsec-isakmp
 set peer 10.1.1.1
 set transform-set esp-aes-sha
 match address 102
crypto map mymap 9 ipsec-isakmp dynamic dyn
interface FastEthernet 0/0
 crypto map mymap
"""
SHOWS = """crypto map
crypto map interface FastEthernet0/0
crypto map tag mymap
crypto dynamic-map
crypto dynamic-map tag dyn
crypto ipsec sa
crypto ipsec sa detail
crypto ipsec sa map mymap detail
crypto ipsec sa address detail
crypto ipsec sa identity
crypto ipsec sa interface FastEthernet0/0
crypto ipsec sa peer 10.1.1.1 detail
crypto ipsec sa active
crypto ipsec sa standby
crypto ipsec sa count
crypto ipsec transform-set
crypto ipsec security-association lifetime
crypto isakmp sa
crypto isakmp sa detail
crypto isakmp sa active
crypto isakmp sa count
crypto isakmp policy
crypto isakmp default policy
crypto isakmp peers
crypto isakmp peers 10.1.1.1
crypto isakmp key
crypto session
crypto session detail
crypto session brief
crypto session remote 10.1.1.1 detail
crypto session local 192.168.0.2
crypto session interface FastEthernet0/0 brief
crypto engine connections active
crypto ikev2 sa detailed
crypto ikev2 session
crypto ikev2 proposal
crypto ikev2 policy
crypto ikev2 profile
crypto eli
crypto ha
crypto route
access-lists
ip access-lists 102
ip route
ip route static
ip route 192.168.1.9"""


def two_peers(lab):
    """A static peer that only answers, and one of a dynamic map that calls; both tunnels stand."""
    net = topologies.single(lab, start=False)
    net.remote.connection("hq", "10.1.1.1", OUTSIDE, [(REMOTE_NET, INSIDE_NET)], initiate=False)
    other = make_remote(lab, "other", 2, (f"{DYNAMIC_HOST}/16",))
    other.connection("hq", "10.1.1.2", OUTSIDE, [(DYNAMIC_NET, INSIDE_NET)], initiate=False)
    net.remotes.append(other)
    net.p.start(configs.prologue("A") + CONFIG)
    net.remote.wait_tunnel(OUTSIDE)
    wait_for(lambda: try_initiate(other), 15, "the dynamic peer gets in", evidence=lab.evidence)
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    other.wait_ping(INSIDE_HOST, DYNAMIC_HOST)
    return net, other


def try_initiate(remote):
    try:
        remote.initiate("hq", timeout=3)
        return True
    except LabError:
        return False


def ids(remote):
    """{IKE_SA unique id: [CHILD_SA unique ids]} of what stands."""
    return {ike["uniqueid"]: [c["uniqueid"] for c in ike["child-sas"].values() if c["state"] == "INSTALLED"]
            for listed in remote.sas() for ike in listed.values() if ike["state"] == "ESTABLISHED"}


def packets(headend, peer):
    """(encaps, decaps) of the flows of a peer."""
    found = re.findall(r"#pkts (?:en|de)caps: (\d+)", headend.show(f"show crypto ipsec sa peer {peer}"))
    return int(found[0]), int(found[1])


def exchanged(remote, before, lab, ike, what):
    """Until the peer has another CHILD_SA, under the same IKE_SA or another one."""
    def done():
        now = ids(remote)
        if len(now) != 1 or not all(len(children) == 1 for children in now.values()):
            return None
        (ike_id, children), (old_ike, old_children) = *now.items(), *before.items()
        return now if children != old_children and (ike_id != old_ike) == ike else None
    return wait_for(done, 15, what, evidence=lab.evidence)


def test_clear_in_all_its_forms(lab):
    net, other = two_peers(lab)
    start, untouched = ids(net.remote), ids(other)

    net.p.cli("enable\nclear crypto sa peer 10.1.1.1\n", check=True)
    second = exchanged(net.remote, start, lab, False, "the static entry's SA is another one, its IKE_SA is not")
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    spi = re.search(r"outbound esp sas:\s+spi: (0x[0-9A-F]+)", net.p.show("show crypto ipsec sa peer 10.1.1.1")).group(1)
    net.p.cli(f"enable\nclear crypto sa entry 10.1.1.1 esp {spi}\n", check=True)
    third = exchanged(net.remote, second, lab, False, "the SA of that SPI is another one")
    conn = re.search(r"10\.1\.1\.1 .*QM_IDLE +(\d+)|QM_IDLE +(\d+) ACTIVE",
                     "\n".join(line for line in net.p.show("show crypto isakmp sa").splitlines() if "10.1.1.1 " in line))
    net.p.cli(f"enable\nclear crypto isakmp {conn.group(1) or conn.group(2)}\n", check=True)
    fourth = exchanged(net.remote, third, lab, True, "IKE was negotiated anew, and its SA with it")
    net.p.cli("enable\nclear crypto session remote 10.1.1.1\n", check=True)
    exchanged(net.remote, fourth, lab, True, "the session is another one")
    assert ids(other) == untouched                                     # the other peer has not noticed

    net.p.cli("enable\nclear crypto ikev2 sa\n", check=True)             # there are none
    net.p.cli("enable\nclear crypto sa map nosuch\n", check=True)
    stays(lambda: ids(other) == untouched, 1, "nothing went that was not meant", evidence=lab.evidence)
    net.p.cli("enable\nclear crypto sa\n", check=True)
    wait_for(lambda: [c for children in ids(other).values() for c in children] == [], 5,
             "the dynamic peer was told", evidence=lab.evidence)
    net.p.wait_rri()                                                    # and its route went
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)                      # the static entry came back by itself
    net.audit()


def test_counters_survive_a_rekey_and_can_be_cleared(lab):
    net, other = two_peers(lab)
    assert net.remote.ping(INSIDE_HOST, REMOTE_HOST, count=20) == 20
    before = packets(net.p, "10.1.1.1")
    assert before[0] >= 20 and before[1] >= 20
    assert f"({sum(before)} matches)" in net.p.show("show access-lists 102")
    child = next(iter(ids(net.remote).values()))
    net.remote.vici.command("rekey", {"child-id": child[0]})
    wait_for(lambda: next(iter(ids(net.remote).values())) != child, 10, "the SA is rekeyed", evidence=lab.evidence)
    after = packets(net.p, "10.1.1.1")
    assert after[0] >= before[0] and after[1] >= before[1]               # nothing was lost
    assert net.remote.ping(INSIDE_HOST, REMOTE_HOST, count=5) == 5
    assert packets(net.p, "10.1.1.1")[0] >= before[0] + 5
    session = net.p.show("show crypto session remote 10.1.1.1 detail")
    assert f"enc'ed {packets(net.p, '10.1.1.1')[0]} " in session

    net.p.cli("enable\nclear crypto sa counters\n", check=True)
    assert packets(net.p, "10.1.1.1") == (0, 0)
    assert packets(net.p, "10.1.1.2") == (0, 0)
    assert other.ping(INSIDE_HOST, DYNAMIC_HOST, count=3) == 3
    wait_for(lambda: packets(net.p, "10.1.1.2") == (3, 3), 5, "they count on from there", evidence=lab.evidence)


def test_every_show_command_tells_of_a_live_charon(lab):
    net, _ = two_peers(lab)
    for command in SHOWS.splitlines():
        text = net.p.show(f"show {command}", check=True)
        assert not text.lstrip().startswith("%"), f"show {command}: {text}"
        assert "does not answer" not in text, command
        document = json.loads(net.p.show(f"show {command} | json", check=True))
        assert document["missing"] == [] and isinstance(document["entries"], list), command
        assert "hotswan-lab" not in text + json.dumps(document), f"show {command} tells a secret"
    detail = net.p.show("show crypto ipsec sa peer 10.1.1.2 detail")
    assert "replay window size: 128" in detail and "replay window size: 64" not in detail
    brief = net.p.show("show crypto session brief")
    assert brief.count(" UA") == 2
    assert net.p.show("show crypto engine connections active").count("IPsec") == 4
    assert "2 active" in net.p.show("show crypto eli")
