"""An HSRP version 1 speaker made of scapy's frames: it knows nothing of hotswan's code."""

import socket
import threading

from .lab import Node
from .system import socket_in

HELLO, COUP, RESIGN = 0, 1, 2
INITIAL, LEARN, LISTEN, SPEAK, STANDBY, ACTIVE = 0, 1, 2, 4, 8, 16


class Speaker(Node):
    """Says what it is told to say; elects nothing by itself."""

    def __init__(self, lab, address="192.168.0.100", virtual="192.168.0.3", group=0, segment="outside"):
        super().__init__(lab, "speaker")
        self.connect(segment, f"{address}/24")
        self.virtual_mac = f"00:00:0c:07:ac:{group:02x}"
        self._fields = {"group": group, "virtualIP": virtual, "hellotime": 1, "holdtime": 3}
        self._source = address
        self._socket = socket_in(self.ns, socket.AF_PACKET, socket.SOCK_RAW)
        self._socket.bind(("eth0", 0))
        self._mac = self._socket.getsockname()[4].hex(":")
        self._said = None
        self._wake = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._repeat, daemon=True)
        self._thread.start()

    def _frame(self, opcode, state, priority, mac):
        from scapy.layers.hsrp import HSRP      # late: the demo does without scapy
        from scapy.layers.inet import IP, UDP
        from scapy.layers.l2 import Ether
        return bytes(Ether(src=mac, dst="01:00:5e:00:00:02")
                     / IP(src=self._source, dst="224.0.0.2", ttl=1, tos=0xC0, id=0) / UDP(sport=1985, dport=1985)
                     / HSRP(opcode=opcode, state=state, priority=priority, **self._fields))

    def send(self, opcode, state, priority, virtual_mac=False):
        """One frame, from the interface's own MAC or from the virtual one."""
        self._socket.send(self._frame(opcode, state, priority, self.virtual_mac if virtual_mac else self._mac))

    def say(self, state, priority):
        """A hello of that state now and four times a second, until told otherwise (None: silence)."""
        self._said = None if state is None else (HELLO, state, priority, state == ACTIVE)
        self._wake.set()

    def _repeat(self):
        while not self._ended:
            said = self._said
            if said:
                try:
                    self.send(*said)
                except OSError:
                    return
            self._wake.wait(0.25)
            self._wake.clear()

    def close(self):
        """Fall silent."""
        self._ended = True
        self._wake.set()
        self._thread.join(1)
        self._socket.close()
        super().close()
