"""A router of another make that elects: RFC 2281's table and what captured routers do beyond it.

Written from the RFC and from captures; it shares nothing with hotswan but the segment. One thread serves all its groups.
"""

import dataclasses
import ipaddress
import os
import random
import select
import socket
import threading
import time

from .hsrp_bytes import (ACTIVE, ADVERTISE, COUP, HELLO, INITIAL, LISTEN, RESIGN, SPEAK, STANDBY, Message, frame, read,
                         virtual_mac)
from .lab import Node
from .system import socket_in

ETH_P_ALL = 3
NEVER = float("inf")


@dataclasses.dataclass
class Group:
    """One group: its configuration, then what it thinks."""
    number: int
    virtual: str
    priority: int = 100
    preempt: bool = False
    key: str | None = None
    key_id: int = 0
    text: bytes = b"cisco"
    hello: int = 250
    hold: int = 750
    state: int = INITIAL
    active: str | None = None                   # who is; our own address included
    active_until: float = NEVER
    standby_until: float = NEVER
    hello_at: float = NEVER
    history: list = dataclasses.field(default_factory=list)     # (time, state)

    @property
    def ipv6(self):
        """By its virtual address."""
        return ":" in self.virtual


class Cisco(Node):
    """An interface on one segment with any number of groups of one version, IPv4 and (version 2) IPv6."""

    def __init__(self, lab, name="cisco", segment="lan", version=1, address="192.168.0.100", link_local="fe80::100"):
        super().__init__(lab, name)
        self.connect(segment)
        self.version, self.address, self.link_local = version, address, link_local
        self.groups = {}
        self.heard = []                         # (time, Heard)
        self.dropped = 0                        # frames that were not believed
        self._lock = threading.RLock()
        self._socket = socket_in(self.ns, socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self._socket.bind(("eth0", ETH_P_ALL))
        self.mac = self._socket.getsockname()[4].hex(":")
        self._wake_read, self._wake_write = os.pipe()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._ended = False
        self._thread.start()

    # What a test does with it.

    def start(self, number, virtual, **configured):
        """A group begins (again): Listen."""
        with self._lock:
            g = self.groups[number] = Group(number, virtual, **configured)
            self._become(g, LISTEN)
            self._arm_active(g, None)
            self._arm_standby(g, None)
        self._wake()
        return g

    def shut(self, number):
        """A group ends as an interface that is shut down: a Resign when it was active."""
        with self._lock:
            g = self.groups[number]
            if g.state == ACTIVE:
                self._say(g, RESIGN)
            self._become(g, INITIAL)

    def die(self, number):
        """A group falls silent."""
        with self._lock:
            self._become(self.groups[number], INITIAL)

    def set(self, number, **values):
        """Changes a group's configuration."""
        with self._lock:
            for name, value in values.items():
                setattr(self.groups[number], name, value)

    def send(self, number, op, state, priority, source=None):
        """One frame out of the blue, as a group's own."""
        with self._lock:
            g = self.groups[number]
            said = dataclasses.replace(self._message(g, op), state=state, priority=priority)
            self._socket.send(frame(said, source or self._address(g.ipv6), self.mac, self.mac))

    def advertise(self, state, active, passive, ipv6=False):
        """How many groups it has, as routers tell for ICMP redirects."""
        said = Message(version=self.version, ipv6=ipv6, op=ADVERTISE, state=state, active=active, passive=passive)
        self._socket.send(frame(said, self._address(ipv6), self.mac, self.mac))

    def state(self, number):
        """What the group thinks it is."""
        return self.groups[number].state

    # The protocol. Letters are RFC 2281's events and actions.

    def _address(self, ipv6):
        return self.link_local if ipv6 else self.address

    def _message(self, g, op):
        return Message(version=self.version, ipv6=g.ipv6, op=op, state=g.state, group=g.number, priority=g.priority,
                       hello=g.hello, hold=g.hold, virtual=g.virtual, key=g.key, key_id=g.key_id, text=g.text)

    def _say(self, g, op):
        """Only the active router speaks from the virtual MAC; a Coup always comes from the interface's own."""
        virtual = g.state == ACTIVE and op == HELLO
        mac = virtual_mac(self.version, g.number, g.ipv6) if virtual else self.mac
        self._socket.send(frame(self._message(g, op), self._address(g.ipv6), mac, self.mac))
        if op == HELLO:
            g.hello_at = time.monotonic() + g.hello / 1000 * random.uniform(0.8, 1.0)

    def _become(self, g, state):
        g.state = state
        g.history.append((time.time(), state))
        if state in (INITIAL, LISTEN):
            g.hello_at = NEVER
        if state == INITIAL:
            g.active_until = g.standby_until = NEVER

    def _hold(self, g, said):
        """Version 1 cannot say milliseconds: what makes no sense there is one's own."""
        ms = said.hold if said and said.hold > said.hello else g.hold
        return time.monotonic() + ms / 1000

    def _arm_active(self, g, said):
        g.active_until = self._hold(g, said)

    def _arm_standby(self, g, said):
        g.standby_until = self._hold(g, said)

    def _take_over(self, g, coup=False):
        """C D F I, with G before when it preempts: the Coup tells the state that one leaves."""
        if coup:
            self._say(g, COUP)
        self._become(g, ACTIVE)
        g.active, g.active_until = self._address(g.ipv6), NEVER
        self._arm_standby(g, None)
        self._say(g, HELLO)

    def _speak(self, g, resign=False, said=None):
        """A B, and H where captured routers say it."""
        self._become(g, SPEAK)
        self._arm_active(g, said)
        self._arm_standby(g, None)
        if resign:
            self._say(g, RESIGN)
        self._say(g, HELLO)

    def _better(self, g, heard):
        theirs = (heard.said.priority, ipaddress.ip_address(heard.source))
        return theirs > (g.priority, ipaddress.ip_address(self._address(g.ipv6)))

    def _on_hello_active(self, g, heard, better):
        if g.state == ACTIVE:
            if better:                          # g; captured routers resign
                self._speak(g, resign=True, said=heard.said)
                g.active = heard.source
            else:                               # h: two actives, and we are the better one
                self._say(g, COUP)
                self._say(g, HELLO)
            return
        g.active = heard.source
        if not better and g.preempt:            # h
            self._take_over(g, coup=True)
        else:
            self._arm_active(g, heard.said)     # g

    def _on_hello_standby(self, g, heard, better):
        if g.state == ACTIVE:
            self._arm_standby(g, heard.said)
        elif better:                            # k
            self._arm_standby(g, heard.said)
            if g.state in (SPEAK, STANDBY):
                self._become(g, LISTEN)
        elif g.state == LISTEN:                 # l
            self._arm_standby(g, heard.said)
            self._become(g, SPEAK)
            self._say(g, HELLO)
        elif g.state == SPEAK:
            self._stand_by(g)

    def _on_hello_speak(self, g, heard, better):
        if better and g.state in (SPEAK, STANDBY):      # f
            self._become(g, LISTEN)
            self._arm_standby(g, heard.said)

    def _stand_by(self, g):
        """d in Speak: D 5."""
        self._become(g, STANDBY)
        g.standby_until = NEVER
        self._say(g, HELLO)

    def _receive(self, heard):
        g = self.groups.get(heard.said.group)
        if not g or g.state == INITIAL or heard.said.op == ADVERTISE or g.ipv6 != heard.said.ipv6:
            return
        if not heard.believable(g.text, g.key):
            self.dropped += 1
            return
        better, said = self._better(g, heard), heard.said
        if said.op == HELLO:
            if g.active == heard.source and said.state != ACTIVE:
                g.active, g.active_until = None, min(g.active_until, time.monotonic() + g.hello / 1000)
            {ACTIVE: self._on_hello_active, STANDBY: self._on_hello_standby,
             SPEAK: self._on_hello_speak}.get(said.state, lambda *_: None)(g, heard, better)
        elif said.op == COUP and better and g.state == ACTIVE:          # j
            self._speak(g, said=said)
            g.active = heard.source
        elif said.op == RESIGN:                 # i
            if g.state == ACTIVE:
                self._say(g, COUP)
                self._say(g, HELLO)
            elif g.active == heard.source and g.state == STANDBY:
                self._take_over(g)
            elif g.active == heard.source and g.state == LISTEN:
                self._speak(g)

    def _on_time(self, g, now):
        if g.hello_at <= now:                   # e
            self._say(g, HELLO)
        if g.standby_until <= now:              # d
            g.standby_until = NEVER
            if g.state == LISTEN:
                self._become(g, SPEAK)
                self._arm_standby(g, None)
                self._say(g, HELLO)
            elif g.state == SPEAK:
                self._stand_by(g)
        if g.active_until <= now:               # c; in Speak it waits until one is Standby
            g.active = None
            if g.state == LISTEN:
                self._speak(g)
            elif g.state == STANDBY:
                self._take_over(g)

    def _run(self):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))    # this thread: no router waits for a busy machine
        while not self._ended:
            with self._lock:
                now = time.monotonic()
                for g in self.groups.values():
                    self._on_time(g, now)
                due = min((min(g.hello_at, g.standby_until, g.active_until if g.state != SPEAK else NEVER)
                           for g in self.groups.values()), default=NEVER)
            wait = None if due == NEVER else max(0, due - time.monotonic())
            ready, _, _ = select.select([self._socket, self._wake_read], [], [], wait)
            if self._wake_read in ready:
                os.read(self._wake_read, 64)
            while self._socket in ready:
                try:
                    data, (_, _, packet_type, _, _) = self._socket.recvfrom(2048, socket.MSG_DONTWAIT)
                except BlockingIOError:
                    break
                heard = read(data) if packet_type != socket.PACKET_OUTGOING else None
                if heard:
                    with self._lock:
                        self.heard.append((time.time(), heard))
                        self._receive(heard)

    def _wake(self):
        os.write(self._wake_write, b"!")

    def close(self):
        """Fall silent."""
        self._ended = True
        self._wake()
        self._thread.join(2)
        self._socket.close()
        os.close(self._wake_read)
        os.close(self._wake_write)
        super().close()
