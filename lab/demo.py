#!/usr/bin/python3
"""The demonstration: figure 2 with the guide's HSRP example, a power cut, and the failover in ms."""

import argparse
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from hotswan_lab import Lab, LabError, timeline, topologies, wait_for  # noqa: E402  (the path comes first)
from hotswan_lab.capture import esp_packets  # noqa: E402
from hotswan_lab.timeline import Watch  # noqa: E402


def say(text):
    """A heading."""
    print(f"\n--- {text}", flush=True)


def show(node, command):
    """A command and its output, as on a terminal, without the legend of 'show ip route'."""
    output = node.show(command)
    legend_end = output.find("Gateway of last resort")
    print(f"{node.name.upper()}#{command}\n{output[max(legend_end, 0):].rstrip()}\n", flush=True)


def tables(network):
    """What an engineer looks at first, on both headends and on the inside router."""
    for headend in network.headends:
        if headend.process.poll() is not None:
            print(f"({headend.name.upper()} is dead)\n")
            continue
        show(headend, "show standby brief")
        show(headend, "show ip route")
    print("inside router, route to the remote network:")
    print(network.inside.ip("route", "show", topologies.REMOTE_NET).rstrip(), flush=True)


def settle(network, last):
    """Until the tunnel is up and the inside router sends the remote network to .<last>."""
    network.inside.wait_next_hop(topologies.REMOTE_NET, f"192.168.1.{last}")
    network.remote.wait_tunnel(topologies.VIRTUAL, timeout=40)
    network.remote.wait_ping(topologies.INSIDE_HOST, topologies.REMOTE_HOST)


def power_cut(network, hold):
    """Cut P, wait until traffic flows through S, return the timeline."""
    watch = Watch(network, network.s, "192.168.1.4", "192.168.0.4")
    watch.pings.wait_reply(count=50)
    cut = time.time()
    network.p.power_off()
    network.s.wait_state("Active", timeout=hold + 30)
    watch.pings.wait_reply(after=time.time(), timeout=40, count=20)
    network.inside.wait_next_hop(topologies.REMOTE_NET, "192.168.1.4")
    watch.pings.wait_reply(after=time.time(), count=20)
    return watch.steps(cut)


def demo(timers, hold):
    """The whole story; raises LabError where it does not come true."""
    with Lab() as lab:
        say(f"figure 2: P and S, remote 10.1.1.1, inside router; standby timers {timers or 'as the guide has them, 3 and 10 s'}")
        network = topologies.figure2(lab, timers=timers)
        settle(network, 2)
        tables(network)
        say("traffic from behind the remote to an inside host")
        print(network.remote.run("ping", "-n", "-c", "3", "-i", "0.2", "-I", topologies.REMOTE_HOST, topologies.INSIDE_HOST))
        say("P loses power: SIGKILL to all its processes, links down")
        steps = power_cut(network, hold)
        print(timeline.text(steps))
        tables(network)
        say("P comes back: it must not take over again")
        network.p.power_on()
        network.p.wait_state("Standby", timeout=3 * hold + 30)
        settle(network, 4)
        tables(network)
        frames = network.audit()
        say(f"{len(esp_packets(frames))} ESP packets on the outside segment, no protected packet in clear")
        missing = [step.name for step in steps if step.ms is None]
        if missing:
            raise LabError(f"not seen in the timeline: {', '.join(missing)}")


SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupted(signum, _frame):
    """Turn a signal into an exit that unwinds the lab; an impatient second one must not stop that."""
    for each in SIGNALS:
        signal.signal(each, signal.SIG_IGN)
    print("demo: interrupted, removing everything", flush=True)
    raise SystemExit(128 + signum)


def hold_of(timers):
    """Hold time in seconds of a 'standby timers' argument."""
    words = timers.split()
    return int(words[-1]) / (1000 if words[-2] == "msec" else 1)


def main():
    """Exit status 0 and 'demo: ok' when everything came true."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--timers", help='for example "msec 250 msec 750"; default: the guide\'s (3 s, 10 s)')
    timers = parser.parse_args().timers
    for signum in SIGNALS:
        signal.signal(signum, interrupted)
    try:
        wait_for(lambda: os.path.exists("/dev/net/tun"), 0, "/dev/net/tun")
        demo(timers, hold_of(timers) if timers else 10)
    except LabError as failed:
        print(f"demo: failed: {failed}")
        return 1
    print("demo: ok")
    return 0


if __name__ == "__main__":
    sys.exit(main())
