"""A scripted HSRP speaker: it knows nothing of hotswan's code, and elects nothing by itself (cisco.py does)."""

import socket
import struct
import threading

from . import hsrp_bytes
from .hsrp_bytes import ACTIVE, HELLO
from .lab import Node
from .system import socket_in


class Speaker(Node):
    """Says what it is told to say; elects nothing by itself."""

    def __init__(self, lab, address="192.168.0.100", virtual="192.168.0.3", group=0, segment="outside", version=1, key=None, key_id=0):
        super().__init__(lab, "speaker")
        self.ipv6 = ":" in address              # version 2 to ff02::66; the addresses are link-local
        self.connect(segment, *([] if self.ipv6 else [f"{address}/24"]))
        self.version, self.key, self.key_id = version, key, key_id  # key: MD5 instead of the text "cisco"
        self.virtual_mac = hsrp_bytes.virtual_mac(version, group, self.ipv6)
        self._fields = {"group": group, "virtual": virtual, "hello": 1000, "hold": 3000}
        self.source = address
        self._socket = socket_in(self.ns, socket.AF_PACKET, socket.SOCK_RAW)
        self._socket.bind(("eth0", 0))
        self.mac = self._socket.getsockname()[4].hex(":")
        self._said = None
        self._wake = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._repeat, daemon=True)
        self._thread.start()

    def frame(self, opcode, state, priority, mac):
        """The bytes of one frame from that MAC."""
        said = hsrp_bytes.Message(version=self.version, ipv6=self.ipv6, op=opcode, state=state, priority=priority, key=self.key,
                                  key_id=self.key_id, **self._fields)
        return hsrp_bytes.frame(said, self.source, mac, self.mac)

    def send(self, opcode, state, priority, virtual_mac=False):
        """One frame, from the interface's own MAC or from the virtual one."""
        self._socket.send(self.frame(opcode, state, priority, self.virtual_mac if virtual_mac else self.mac))

    def claim(self, address, operation=1):
        """ARP as a host sends it that believes the address is its own."""
        mac = bytes.fromhex(self.mac.replace(":", ""))
        sender = mac + socket.inet_aton(address)
        self._socket.send(b"\xff" * 6 + mac + struct.pack("!HHHBBH", 0x0806, 1, 0x0800, 6, 4, operation) + sender
                          + (bytes(6) + socket.inet_aton("192.168.0.77") if operation == 1 else sender))

    def reflect(self, frame):
        """Bytes of somebody else's frame, as they are."""
        self._socket.send(frame)

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
