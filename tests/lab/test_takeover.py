"""After a failover all tunnels are back at once, without waiting for the far end; and nothing sends the far end away."""

import os
import shutil
import signal
import time

import pytest

from hotswan_lab import Capture, Headend, LabError, topologies, wait_for
from hotswan_lab.capture import esp_packets
from hotswan_lab.crowd import Crowd, echo, inner, outer
from hotswan_lab.lab import Node
from hotswan_lab.hsrp_bytes import ACTIVE
from hotswan_lab.remote import Remote
from hotswan_lab.stalls import Stalls
from hotswan_lab.topologies import INSIDE_HOST, REMOTE_HOST, VIRTUAL
from hotswan_lab.vici import Vici

INSIDE_GROUP = """interface eth1
 standby 1 name inside
 standby 1 ip 192.168.1.3
 standby 1 timers msec 250 msec 750
"""


def ike_from(frames, address):
    """IKE messages of an address as (time, destination); on port 4500 they begin with four zeros."""
    found = []
    for frame in frames:
        udp = frame.udp
        if udp and str(frame.ends[0]) == address and (
                500 in udp[:2] or (4500 in udp[:2] and udp[2][:4] == b"\0\0\0\0" and len(udp[2]) > 4)):
            found.append((frame.time, str(frame.ends[1])))
    return found


def test_h05_planned_handovers_send_no_delete_and_cost_little(lab):
    net = topologies.pair(lab, ike=2, extra=INSIDE_GROUP)
    p, s = net.headends
    net.remote.wait_tunnel(VIRTUAL)
    net.host.ip("route", "replace", "default", "via", "192.168.1.3")
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)
    pings = net.remote.pinger(INSIDE_HOST, REMOTE_HOST)
    sides = {p: Capture(lab, "p.outside"), s: Capture(lab, "s.outside")}

    def handover(what, old, new, act):
        for node in (old, new):                 # both groups are where they should be
            node.wait_state("Active" if node is old else "Standby", 1)
        pings.wait_reply(after=time.time(), count=20)
        with Stalls() as stalls:
            began = time.time()
            act()
            new.wait_state("Active")
            pings.wait_reply(after=time.time(), count=50)
            late = stalls.seconds()
        gap, _ = pings.gap(began - 0.1)
        new_address = "192.168.0.2" if new is p else "192.168.0.4"
        taken = next(when for when, source, _, state, _ in sides[new].hsrp()
                     if when > began and source == new_address and state == ACTIVE)
        after = [sent for sent in ike_from(sides[old].frames, VIRTUAL) if sent[0] > taken]
        assert after == [], f"{what}: the old active spoke for the virtual address after the new one had taken it"
        print(f"{what}: {gap * 1000:.0f} ms")
        assert gap < 1.5 + late, (what, gap, late)

    handover("force-switchover", p, s, lambda: p.cli("enable\nredundancy force-switchover\n"))
    s.wait_state("Active", 1)
    p.wait_state("Standby")
    handover("preempt", s, p, lambda: p.configure(
        ["interface FastEthernet 0/0", "standby priority 110", "standby preempt",
         "interface eth1", "standby 1 priority 110", "standby 1 preempt"]))
    s.wait_state("Standby")
    handover("stop", p, s, p.stop_daemon)
    log = open(os.path.join(net.remote.path, "charon.log"), encoding="utf-8", errors="replace").read()
    assert "received DELETE" not in log         # a peer that is told to hang up dials the box that is leaving
    wait_for(lambda: len(net.remote.tunnels()) == 1, 30, "one tunnel", evidence=lab.evidence)
    net.audit()


PEERS, BUSY = 60, 3


def crowd_config(name, last):
    """An entry a peer, in the order of the peers."""
    lines = [f"hostname {name}", "crypto isakmp policy 10", " encryption aes 256", " hash sha256", " authentication pre-share",
             " group 19", "crypto isakmp key hotswan-lab address 0.0.0.0 0.0.0.0", "crypto isakmp keepalive 10 2 periodic",
             "crypto ipsec transform-set t1 esp-aes 256 esp-sha256-hmac"]
    for n in range(PEERS):
        lines += [f"access-list {2000 + n} permit ip 192.168.1.0 0.0.0.255 {inner(n, 0)} 0.0.0.255",
                  f"crypto map m {n + 1} ipsec-isakmp", f" set peer {outer(n)}", " set transform-set t1",
                  f" match address {2000 + n}", " reverse-route"]
    for number in (0, 1):
        lines += [f"interface eth{number}", f" ip address 192.168.{number}.{last} 255.255.255.0",
                  f" standby {number} ip 192.168.{number}.3", f" standby {number} timers msec 250 msec 750"]
        lines += [" standby 0 name vpn", " crypto map m redundancy vpn"] if number == 0 else []
    return "\n".join(lines + ["ip route 0.0.0.0 0.0.0.0 192.168.0.1", ""])


def both_sides(lab):
    """What lies beyond the headends: a network on the way to the peers, and a host inside, which is returned."""
    isp = Node(lab, "isp")
    isp.connect("outside", "192.168.0.1/24")
    isp.connect("wan", "10.1.255.254/16")
    isp.forward()
    host = lab.host("host", inside="192.168.1.10/24")
    host.ip("route", "add", "default", "via", "192.168.1.3")
    return host


def test_h05_d07_the_new_active_calls_the_busiest_peers_first(lab):
    host = both_sides(lab)
    crowd = Crowd(lab, PEERS).start(retransmit="")      # far ends that would wait for minutes
    crowd.secret()
    crowd.connections(VIRTUAL, "192.168.1.0/24", 1, "aes256-sha256-ecp256")
    crowd.route_inside("192.168.1.0/24")
    headends = [Headend(lab, name) for name in ("p", "s")]
    for headend, last in zip(headends, (2, 4)):
        headend.connect("outside")
        headend.connect("inside")
        headend.start(crowd_config(headend.name.upper(), last))
        for group in (0, 1):
            headend.wait_state("Active" if last == 2 else "Standby", group)
    p, s = headends
    wait_for(lambda: len(crowd.tunnels()) >= PEERS, 90, "all tunnels", every=0.5)
    echo(host)
    flows = crowd.flows(INSIDE_HOST, lambda n: 100 if n >= PEERS - BUSY else 4)
    flows.wait_all(time.time(), 30)

    capture = Capture(lab, "s.outside")
    p.power_off()
    cut = time.time()
    flows.wait_all(cut, 60)
    frames = capture.stop()
    sent = ike_from(frames, VIRTUAL)
    active = next(when for when, source, _, state, _ in capture.hsrp() if source == "192.168.0.4" and state == ACTIVE)
    assert [when for when, _ in sent if when < active] == []                    # D7: silent as long as it stands by
    order = list(dict.fromkeys(peer for _, peer in sent))
    assert len(order) == PEERS
    # Behind its first packet for the new active: how many others were called before it was.
    called, places = {peer: when for when, peer in reversed(sent)}, []
    for peer in map(outer, range(PEERS - BUSY, PEERS)):                         # the last ones of the configuration
        heard = next(f.time for f in esp_packets(frames) if f.time > active and str(f.ends[0]) == peer)
        places.append(len([when for when in called.values() if heard < when < called[peer]]))
    assert max(places) < PEERS // 2, f"the busiest peers had {places} of {PEERS} before them"
    flood_costs_nothing(crowd, s)


DYNAMIC = """hostname {name}
crypto isakmp policy 10
 encryption aes 256
 hash sha256
 authentication pre-share
 group 19
crypto isakmp key hotswan-lab address 10.1.0.0 255.255.0.0
crypto isakmp keepalive 10 2 periodic
{ikev2}crypto ipsec transform-set t1 esp-aes 256 esp-sha256-hmac
crypto dynamic-map any 1
 set transform-set t1
{profile} reverse-route
crypto map m 10 ipsec-isakmp dynamic any
interface eth0
 ip address 192.168.0.{last} 255.255.255.0
 standby 0 name vpn
 standby 0 ip 192.168.0.3
 standby 0 timers msec 250 msec 750
 crypto map m redundancy vpn
interface eth1
 ip address 192.168.1.{last} 255.255.255.0
 standby 1 ip 192.168.1.3
 standby 1 timers msec 250 msec 750
ip route 0.0.0.0 0.0.0.0 192.168.0.1
"""
IKEV2 = """crypto ikev2 proposal own
 encryption aes-cbc-256
 integrity sha256
 group 19
crypto ikev2 policy own
 proposal own
crypto ikev2 keyring k
 peer all
  address 0.0.0.0 0.0.0.0
  pre-shared-key hotswan-lab
crypto ikev2 profile p
 match identity remote address 0.0.0.0 0.0.0.0
 authentication remote pre-share
 authentication local pre-share
 keyring local k
"""


@pytest.mark.parametrize("ike", [1, 2])
def test_h05_dynamic_peers_come_back_without_a_detection_of_their_own(lab, ike):
    host = both_sides(lab)
    crowd = Crowd(lab, 5).start(retransmit="")
    crowd.secret()
    crowd.connections(VIRTUAL, "192.168.1.0/24", ike, "aes256-sha256-ecp256", dpd="0s")
    crowd.route_inside("192.168.1.0/24")
    headends = [Headend(lab, name) for name in ("p", "s")]
    for headend, last in zip(headends, (2, 4)):
        headend.connect("outside")
        headend.connect("inside")
        headend.start(DYNAMIC.format(name=headend.name.upper(), last=last, ikev2=IKEV2 if ike == 2 else "",
                                     profile=" set ikev2-profile p\n" if ike == 2 else ""))
        for group in (0, 1):
            headend.wait_state("Active" if last == 2 else "Standby", group)
    p, s = headends
    p.wait_connection()
    crowd.dial()
    wait_for(lambda: len(crowd.tunnels()) >= 5, 30, "all tunnels", every=0.2, evidence=lab.evidence)
    echo(host)
    flows = crowd.flows(INSIDE_HOST, lambda n: 10)
    flows.wait_all(time.time(), 30)
    p.power_off()
    cut = time.time()
    back = flows.wait_all(cut, 60)
    print(f"IKEv{ike}: {max(back.values()) - cut:.2f} s")
    s.wait_rri(*[f"{inner(n, 0)}/24" for n in range(5)])
    wait_for(lambda: len(crowd.tunnels()) == 5, 30, "one SA a peer", evidence=lambda: str(crowd.tunnels()))
    s.cli("enable\nhotswan restart\n")         # what was called is kept like what had dialled
    s.wait_show("show version", "Version")
    again = flows.wait_all(time.time(), 30)
    assert len(again) == 5 and len(crowd.tunnels()) == 5
    s.wait_rri(*[f"{inner(n, 0)}/24" for n in range(5)])


STATIC = """access-list 101 permit ip 192.168.1.0 0.0.0.255 10.0.0.0 0.0.255.255
crypto map m 10 ipsec-isakmp
 set peer 10.1.0.1
 set transform-set t1
 match address 101
 reverse-route
"""


def established(headend):
    """The IKE_SAs of a headend's charon that stand."""
    ours = Vici(f"{headend.run_dir}/charon/charon.vici")
    sas = [ike_sa for listed in ours.stream("list-sas", "list-sa") for ike_sa in listed.values()]
    ours.close()
    return [ike_sa for ike_sa in sas if ike_sa["state"] == "ESTABLISHED"]


def gets_in(remote):
    """One try of the remote: a static entry expects it to call itself by its address for a second."""
    try:
        remote.initiate("hq", timeout=3)
        return True
    except LabError:                            # ended before the next: two answers would be two tunnels
        remote.vici.command("terminate", {"ike": "hq", "force": "yes", "timeout": 5000}, check=False)
        return False


@pytest.mark.parametrize("ike, entry", [(1, "dynamic"), (2, "dynamic"), (1, "static")])
def test_h05_a_peer_behind_a_nat_comes_back_without_a_detection_of_its_own(lab, ike, entry):
    both_sides(lab)
    nat = Node(lab, "nat")
    nat.connect("wan", "10.1.0.1/16")
    nat.connect("home", "192.168.77.1/24")
    nat.ip("route", "add", "default", "via", "10.1.255.254")
    nat.forward()
    nat.run("nft", "add table ip nat; add chain ip nat post { type nat hook postrouting priority srcnat; };"
                   " add rule ip nat post oifname eth0 udp sport { 500, 4500 } snat to 10.1.0.1:20000-20099")
    remote = Remote(lab, "remote")
    remote.connect("home", "192.168.77.2/24")
    remote.ip("route", "add", "default", "via", "192.168.77.1")
    remote.address("lo", "10.0.0.1/16")
    remote.start(retransmit="")
    remote.secret()
    remote.connection("hq", "192.168.77.2", VIRTUAL, [("10.0.0.0/16", "192.168.1.0/24")], ike, dpd=0, initiate=False,
                      proposals=["aes256-sha256-ecp256"])
    headends = [Headend(lab, name) for name in ("p", "s")]
    for headend, last in zip(headends, (2, 4)):
        headend.connect("outside")
        headend.connect("inside")
        config = DYNAMIC.format(name=headend.name.upper(), last=last, ikev2=IKEV2 if ike == 2 else "",
                                profile=" set ikev2-profile p\n" if ike == 2 else "")
        before, behind = config.split("crypto dynamic-map any 1\n")
        headend.start(config if entry == "dynamic" else before + STATIC + behind[behind.index("interface eth0"):])
        for group in (0, 1):
            headend.wait_state("Active" if last == 2 else "Standby", group)
    p, s = headends
    busy = remote.pinger(INSIDE_HOST, REMOTE_HOST, interval=0.001)     # there before charon says that the SA is up
    wait_for(lambda: gets_in(remote), 40, "the remote gets in", evidence=lab.evidence)
    busy.wait_reply(count=50)
    busy.stop()
    ports = {int(ike_sa["remote-port"]) for ike_sa in established(p)}
    assert ports and all(20000 <= port < 20100 for port in ports), f"the NAT changes nothing: {ports}"
    assert "yes" not in [ike_sa.get("initiator") for ike_sa in established(p)], "who was calling was called"
    pings = remote.pinger(INSIDE_HOST, REMOTE_HOST, interval=0.1)
    p.power_off()
    cut = time.time()
    back = pings.wait_reply(after=cut + 0.2, timeout=60)
    print(f"IKEv{ike}, {entry}: {back - cut:.2f} s")
    s.wait_rri("10.0.0.0/16")
    wait_for(lambda: [ike_sa.get("initiator") for ike_sa in established(s)] == ["yes"], 30, "it did not come by itself",
             evidence=lab.evidence)


def flood_costs_nothing(crowd, headend):
    """ESP for unknown SAs as fast as one sender can, for two seconds at least: the engine looks at a sample."""
    def cpu():
        with open(f"/proc/{headend.role_pid('engine')}/stat", encoding="ascii") as stat:
            return sum(map(int, stat.read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")

    before = cpu()
    sent = int(crowd.run("python3", "-c", f"""
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, 50)
s.connect(("{VIRTUAL}", 0))
end, n = time.monotonic() + 2, 0
while time.monotonic() < end or n <= 10000:
    for _ in range(100):
        s.send(n.to_bytes(4, "big") + bytes(60))
        n += 1
print(n)
"""))
    assert cpu() - before < 1, f"{cpu() - before} s for {sent} packets"


def test_h04_a_box_whose_charon_does_not_run_hands_over(lab):
    net = topologies.pair(lab, start=False)
    p, s = net.headends
    p.charon = os.path.join(p.path, "charon")
    os.symlink("/usr/sbin/charon-systemd", p.charon)
    topologies.start_pair(net)
    net.remote.wait_tunnel(VIRTUAL)
    os.unlink(p.charon)
    shutil.copy("/bin/false", p.charon)         # as after a bad upgrade
    os.kill(p.role_pid("ike"), signal.SIGKILL)
    died = time.time()
    s.wait_state("Active", timeout=60)
    assert time.time() - died > 8               # a crash alone is no reason
    p.wait_state("Standby")
    wait_for(lambda: net.remote.events.first_up(died), 30, "the tunnel is back", evidence=lab.evidence)
    p.wait_show("show redundancy", "charon does not run")
    assert p.show("show logging").count("CRYPTO-2-IKE_LOST") == 1
    net.host.ip("route", "replace", "default", "via", "192.168.1.4")
    net.remote.wait_ping(INSIDE_HOST, REMOTE_HOST)

    os.unlink(p.charon)
    os.symlink("/usr/sbin/charon-systemd", p.charon)
    p.wait_show("show logging", "CRYPTO-5-IKE_BACK", timeout=60)
    assert "charon does not run" not in p.show("show redundancy")
    assert s.standby_state() == "Active"        # and does not take the role back
    net.audit()
