"""More than two: three routers of which two are of another make; two groups that share the load of one network."""

import time

from hotswan_lab import Capture, Headend, wait_for
from hotswan_lab.capture import IPV4
from hotswan_lab.cisco import Cisco
from hotswan_lab.hsrp_bytes import ACTIVE, ADVERTISE, HELLO, LISTEN, RESIGN, STANDBY, read
from hotswan_lab.system import SLOW

INTERFACE = "interface FastEthernet 0/0"
HELLO_MS, HOLD_MS = int(250 * SLOW), int(2000 * SLOW)       # for a while a machine may stand still
TIMERS = f"msec {HELLO_MS} msec {HOLD_MS}"


def router(lab, name, last, lines, core=False):
    """A headend on the LAN (and on the core) that forwards."""
    node = Headend(lab, name)
    node.connect("lan")
    if core:
        node.connect("core", f"10.9.9.{last}/24")
    node.forward()
    node.write_config(f"hostname {name.upper()}\n{INTERFACE}\n hotswan device eth0\n ip address 192.168.0.{last} 255.255.255.0\n"
                      + "".join(f" standby {line}\n" for line in lines))
    return node


def actives(capture, group, after, until):
    """Routers that said that they are active, in order, each once in a row."""
    found = []
    for frame in capture.frames:
        heard = read(frame.data) if after <= frame.time < until else None
        if heard and heard.said.op == HELLO and heard.said.state == ACTIVE and heard.said.group == group:
            if not found or found[-1] != heard.source:
                found.append(heard.source)
    return found


def test_three_routers_of_which_two_are_of_another_make(lab):
    group = ["1 ip 192.168.0.1", f"1 timers {TIMERS}"]
    p = router(lab, "p", 2, [*group, "1 priority 110"])
    capture = Capture(lab, "lan")
    one, two = Cisco(lab, "one", "lan", 1, "192.168.0.100"), Cisco(lab, "two", "lan", 1, "192.168.0.50")
    p.start()
    p.wait_state("Active", 1)
    began = {"virtual": "192.168.0.1", "hello": HELLO_MS, "hold": HOLD_MS}
    one.start(1, priority=100, **began)
    two.start(1, priority=90, **began)

    def settled(ours, first, second, active, standby):
        """Until all three are in these states and we name these as the active and the standby router."""
        def reached():
            said = p.show("show standby brief").splitlines()[-1].split()
            return (said[-4:-1], one.state(1), two.state(1)) == ([ours, active, standby], first, second)
        wait_for(reached, 30, f"{ours}, {first}, {second}", evidence=lambda: f"{one.groups[1]}\n{two.groups[1]}\n{lab.evidence()}")

    # We are active, the better of the others stands by, the third listens and says nothing.
    settled("Active", STANDBY, LISTEN, "local", "192.168.0.100")
    quiet = time.time()
    p.wait_show("show standby neighbors", "Standby groups: 1")
    wait_for(lambda: time.time() > quiet + 4 * HELLO_MS / 1000, 30, "a few hellos")
    said = [read(f.data) for f in capture.frames if f.time > quiet]
    assert not [h for h in said if h and h.source == "192.168.0.50" and h.said.op != ADVERTISE]

    # We leave: the second is active at once, the third moves up.
    left = time.time()
    p.configure([INTERFACE, "no standby 1"])
    wait_for(lambda: (one.state(1), two.state(1)) == (ACTIVE, STANDBY), 30, "both moved up", evidence=lab.evidence)
    assert actives(capture, 1, left, time.time())[-1] == "192.168.0.100"
    resigned = next(t for t, source, op, _, _ in capture.hsrp() if (source, op) == ("192.168.0.2", RESIGN) and t > left)
    assert one.groups[1].history[-1][0] - resigned < HOLD_MS / 2000

    # Back, better than both but without preempt: the standby's place is contested, the active's is not.
    p.configure([INTERFACE, *(f"standby {line}" for line in reversed([*group, "1 priority 110"]))])
    back = time.time()
    settled("Standby", ACTIVE, LISTEN, "192.168.0.100", "local")
    assert set(actives(capture, 1, back, time.time())) == {"192.168.0.100"}

    # The active one falls silent: ours, and the third is our standby.
    one.die(1)
    fell = time.time()
    wait_for(lambda: (p.standby_state(1), two.state(1)) == ("Active", STANDBY), 30, "we took over", evidence=lab.evidence)
    assert set(actives(capture, 1, fell + 0.1, time.time())) == {"192.168.0.2"}

    # It comes back with preempt and a better priority, and the third gives way to us.
    one.start(1, priority=120, preempt=True, **began)
    settled("Standby", ACTIVE, LISTEN, "192.168.0.100", "local")
    wait_for(lambda: "192.168.0.1/" not in p.run("ip", "-4", "addr"), 30, "the address is gone", evidence=lab.evidence)
    capture.stop()


def test_two_groups_share_the_load_of_one_network(lab):
    """MHSRP: half of the hosts have one virtual router, half the other, and each router is the other's standby."""
    def lines(first, second):
        return [f"{n} {what}" for n, address, priority in ((1, "192.168.0.1", first), (2, "192.168.0.253", second))
                for what in (f"timers {TIMERS}", f"priority {priority}", "preempt", f"ip {address}")]

    p, s = router(lab, "p", 2, lines(110, 90), core=True), router(lab, "s", 4, lines(90, 110), core=True)
    lab.host("server", core="10.9.9.9/24")
    hosts = {}
    for n, (name, gateway) in enumerate((("red", "192.168.0.1"), ("blue", "192.168.0.253"))):
        hosts[name] = lab.host(name, lan=f"192.168.0.{101 + n}/24")
        hosts[name].ip("route", "add", "default", "via", gateway)
    core = Capture(lab, "core")
    macs = {node.ip("-br", "link", "show", "dev", "eth1").split()[2]: node.name for node in (p, s)}

    def carriers(after):
        """{host: routers that carried its packets}"""
        found = {}
        for frame in core.frames:
            if frame.time >= after and frame.kind == IPV4 and str(frame.ends[0]).startswith("192.168.0.10") and frame.source_mac in macs:
                name = "red" if str(frame.ends[0]) == "192.168.0.101" else "blue"
                found.setdefault(name, set()).add(macs[frame.source_mac])
        return found

    def carried(red, blue):
        """Both hosts' packets go by these routers, and by no other."""
        begun = time.time()
        wait_for(lambda: set(carriers(begun)) == {"red", "blue"}, 30, "both are carried", evidence=lab.evidence)
        assert carriers(begun) == {"red": {red}, "blue": {blue}}

    for node in (p, s):
        node.start()
    for host in hosts.values():
        host.spawn(["ping", "-n", "-i", "0.05", "10.9.9.9"], "ping.log")
    p.wait_state("Active", 1)
    s.wait_state("Active", 2)
    s.wait_state("Standby", 1)
    p.wait_state("Standby", 2)
    carried("p", "s")
    brief = [line.split()[1:4:2] + line.split()[4:5] for line in p.show("show standby brief").splitlines()[3:]]
    assert brief == [["1", "P", "Active"], ["2", "P", "Standby"]], brief
    assert {f"hs{p.run('cat', '/sys/class/net/eth0/ifindex').strip()}-{n}" for n in (1, 2)} <= set(
        line.split(":")[1].split("@")[0].strip() for line in p.ip("-o", "link", "show", "type", "macvlan").splitlines())

    p.power_off()
    s.wait_state("Active", 1)
    carried("s", "s")
    p.power_on()
    p.wait_state("Active", 1)
    s.wait_state("Standby", 1)
    carried("p", "s")
    core.stop()
