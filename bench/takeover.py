#!/usr/bin/python3
"""200 tunnels, the active loses power: first, half and all of them carry traffic again, beside keepalived + charon."""

import argparse
import os
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))

from hotswan_lab import Headend, Lab, wait_for  # noqa: E402  (the path comes first)
from hotswan_lab.crowd import Crowd, echo, inner, outer  # noqa: E402
from hotswan_lab.keepalived import KeepalivedHeadend, swanctl_conf  # noqa: E402
from hotswan_lab.lab import Node  # noqa: E402

VIRTUAL, VIRTUAL_INSIDE, INSIDE, HOST = "192.168.0.3", "192.168.1.3", "192.168.1.0/24", "192.168.1.10"
IKE = "aes256-sha256-ecp256"
LIMIT = 300                                     # a run that is not over by then counts as this
PATIENCE = 20
BUSY = 10                                       # the first ten peers have five times the traffic of the others
SERIES = {1: "", 2: "retransmit_timeout = 1\n  retransmit_tries = 3"}


def rate(number):
    """Packets a second of a peer."""
    return 50 if number < BUSY else 10


def hotswan_config(name, last, chosen):
    """The configuration of one headend: an entry a peer, or one dynamic entry for all of them."""
    lines = [f"hostname {name}", "crypto isakmp policy 10", " encryption aes 256", " hash sha256", " authentication pre-share",
             " group 19", "crypto isakmp key hotswan-lab address 0.0.0.0 0.0.0.0",
             "crypto isakmp keepalive 10 2 periodic",
             "crypto ikev2 proposal own", " encryption aes-cbc-256", " integrity sha256", " group 19", "crypto ikev2 policy own",
             " proposal own", "crypto ikev2 keyring k", " peer all", "  address 0.0.0.0 0.0.0.0",
             "  pre-shared-key hotswan-lab", "crypto ikev2 profile p", " match identity remote address 0.0.0.0 0.0.0.0",
             " authentication remote pre-share", " authentication local pre-share", " keyring local k",
             " dpd 10 2 periodic", "crypto ipsec transform-set t1 esp-aes 256 esp-sha256-hmac",
             "crypto ipsec transform-set t2 esp-aes esp-sha-hmac"]
    profile = [" set ikev2-profile p"] if chosen.ike == 2 else []
    if chosen.dynamic:
        lines += ["crypto dynamic-map any 1", " set transform-set t1 t2", *profile, " reverse-route",
                  "crypto map m 65000 ipsec-isakmp dynamic any"]
    for n in range(0 if chosen.dynamic else chosen.peers):
        lines += [f"access-list {2000 + n} permit ip 192.168.1.0 0.0.0.255 {inner(n, 0)} 0.0.0.255",
                  f"crypto map m {n + 1} ipsec-isakmp", f" set peer {outer(n)}", " set transform-set t1 t2", *profile,
                  f" match address {2000 + n}", " reverse-route"]
    for kind, number, extra in (("eth0", 0, ["crypto map m redundancy vpn"]), ("eth1", 1, [])):
        lines += [f"interface {kind}", f" ip address 192.168.{number}.{last} 255.255.255.0", f" standby {number} name "
                  + ("vpn" if number == 0 else "lan"), f" standby {number} ip 192.168.{number}.3",
                  f" standby {number} timers msec 250 msec 750", *(" " + line for line in extra)]
    lines += ["ip route 0.0.0.0 0.0.0.0 192.168.0.1"]
    return "\n".join(lines) + "\n"


class Hotswan:
    """A pair of hotswan headends."""

    name = "hotswan"

    def __init__(self, lab, chosen):
        self.headends = []
        for name, last in (("p", 2), ("s", 4)):
            headend = Headend(lab, name)
            headend.connect("outside")
            headend.connect("inside")
            headend.write_config(hotswan_config(name.upper(), last, chosen))
            self.headends.append(headend)

    def start(self):
        """P active, S standby."""
        p, s = self.headends
        for node, state in ((p, "Active"), (s, "Standby")):
            node.start()
            for group in (0, 1):
                node.wait_state(state, group, timeout=60, interface=f"eth{group}")

    def cut(self):
        """Power off."""
        self.headends[0].power_off()


class Keepalived:
    """A pair of headends with keepalived and charon; detection as fast as HSRP with 250 and 750 ms."""

    name = "keepalived"

    def __init__(self, lab, chosen):
        if chosen.dynamic:
            peers = [("any", "%any", "0.0.0.0/0")]
        else:
            peers = [(f"p{n}", outer(n), f"{inner(n, 0)}/24") for n in range(chosen.peers)]
        text = swanctl_conf(VIRTUAL, INSIDE, peers, chosen.ike, IKE, "10s").replace("      id = %any\n", "")
        self.headends = [KeepalivedHeadend(lab, name, last) for name, last in (("p", 2), ("s", 4))]
        for headend, priority in zip(self.headends, (254, 253)):
            headend.write(text, (VIRTUAL, VIRTUAL_INSIDE), priority, 0.25)

    def start(self):
        """P master, S backup."""
        for node in self.headends:
            node.start()
            if node is self.headends[0]:
                wait_for(lambda: self.headends[0].has(VIRTUAL) and self.headends[0].has(VIRTUAL_INSIDE), 30, "P is master")

    def cut(self):
        """Power off."""
        self.headends[0].power_off()


def run(system, series, chosen):
    """Seconds after the cut until the first, half and all tunnels carry traffic."""
    with Lab() as lab:
        isp = Node(lab, "isp")
        isp.connect("outside", "192.168.0.1/24")
        isp.connect("wan", "10.1.255.254/16")
        isp.forward()
        host = lab.host("host", inside=f"{HOST}/24")
        host.ip("route", "add", "default", "via", VIRTUAL_INSIDE)
        crowd = Crowd(lab, chosen.peers).start(retransmit=SERIES[series])
        crowd.secret()
        crowd.connections(VIRTUAL, INSIDE, chosen.ike, IKE, dpd_action="restart")
        crowd.route_inside(INSIDE)
        pair = system(lab, chosen)
        pair.start()
        if system is Keepalived or chosen.dynamic:
            crowd.dial()
        wait_for(lambda: len(crowd.tunnels()) >= chosen.peers, 60, "all tunnels", every=0.5,
                 evidence=lambda: f"{len(crowd.tunnels())} tunnels\n" + lab.evidence())
        echo(host)
        flows = crowd.flows(HOST, rate)
        flows.wait_all(time.time(), 30)
        time.sleep(2)                           # the rates settle: part of the set-up, not of the measurement
        begin = time.time()
        pair.cut()
        cut = time.time()                       # the link is down and all processes are dead
        wait_for(lambda: over(crowd, flows, cut, chosen.peers), LIMIT + 10, "the end of the run", every=0.2)
        seen = flows.first_after(cut)
        return {**milestones([seen.get(n, begin + LIMIT) - begin for n in range(chosen.peers)]),
                f"busiest {BUSY}": max(seen.get(n, begin + LIMIT) for n in range(BUSY)) - begin,
                "all SAs": max(associations(crowd, cut, chosen.peers, begin + LIMIT)) - begin}


def milestones(times):
    """First, half and all of the tunnels."""
    times.sort()
    return {"first": times[0], "half": times[(len(times) - 1) // 2], "all": times[-1]}


def associations(crowd, cut, count, never):
    """When each peer had an IPsec SA again."""
    up = {}
    for when, what, data in list(crowd.events.seen):
        if when > cut and what == "child-updown" and data.get("up") == "yes":
            for name in data:
                if name[0] == "p" and name[1:].isdigit():
                    up.setdefault(name, when)
    return [up.get(f"p{n}", never) for n in range(count)]


def over(crowd, flows, cut, count):
    """All flows run; or all SAs have stood for a while and what does not run now will not (it counts as LIMIT); or LIMIT."""
    now = time.time()
    return (len(flows.first_after(cut)) == count or now > cut + LIMIT
            or max(associations(crowd, cut, count, now)) < now - PATIENCE)


def main():
    """Interleaved runs, medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--peers", type=int, default=200)
    parser.add_argument("--series", type=int, action="append", choices=sorted(SERIES), help="default: both")
    parser.add_argument("--ike", type=int, choices=(1, 2), default=2)
    parser.add_argument("--dynamic", action="store_true", help="one dynamic entry instead of an entry a peer")
    parser.add_argument("--only", choices=("hotswan", "keepalived"))
    chosen = parser.parse_args()
    systems = [system for system in (Hotswan, Keepalived) if chosen.only in (None, system.name)]
    for series in chosen.series or sorted(SERIES):
        seen = {system.name: [] for system in systems}
        for number in range(chosen.runs):
            for system in systems:
                result = run(system, series, chosen)
                seen[system.name].append(result)
                print(f"series {series} run {number + 1} {system.name}: "
                      + ", ".join(f"{name} {value:.2f} s" for name, value in result.items()), flush=True)
        middle = {name: {key: statistics.median(r[key] for r in results) for key in results[0]}
                  for name, results in seen.items()}
        print(f"\nseries {series}, {chosen.peers} {'dynamic' if chosen.dynamic else 'static'} peers, IKEv{chosen.ike}, "
              f"medians of {chosen.runs}, seconds after the cut")
        for name, values in middle.items():
            print(f"  {name:11}" + "".join(f"{key:>12} {value:7.2f}" for key, value in values.items()))
        if len(middle) == 2:
            print("  ratio      " + "".join(f"{key:>12} {middle['keepalived'][key] / value:6.1f}x"
                                              for key, value in middle["hotswan"].items()) + "\n", flush=True)


if __name__ == "__main__":
    main()
