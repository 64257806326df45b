"""An HSRP speaker made of scapy's frames and bytes written out here: it knows nothing of hotswan's code."""

import hashlib
import socket
import struct
import threading

from .lab import Node
from .system import socket_in

HELLO, COUP, RESIGN = 0, 1, 2
INITIAL, LEARN, LISTEN, SPEAK, STANDBY, ACTIVE = 0, 1, 2, 4, 8, 16
V2_STATES = {INITIAL: 1, LEARN: 2, LISTEN: 3, SPEAK: 4, STANDBY: 5, ACTIVE: 6}


def keyed_md5(key, payload):
    """RFC 1828: the key padded as a message of its own, the payload, the key."""
    padding = b"\x80" + bytes(-(len(key) + 9) % 64) + struct.pack("<Q", 8 * len(key))
    return hashlib.md5(key + padding + payload + key).digest()


class Speaker(Node):
    """Says what it is told to say; elects nothing by itself."""

    def __init__(self, lab, address="192.168.0.100", virtual="192.168.0.3", group=0, segment="outside", version=1, key=None, key_id=0):
        super().__init__(lab, "speaker")
        self.ipv6 = ":" in address              # version 2 to ff02::66; the addresses are link-local
        self.connect(segment, *([] if self.ipv6 else [f"{address}/24"]))
        self.version, self.key, self.key_id = version, key, key_id  # key: MD5 instead of the text "cisco"
        self.virtual_mac = f"00:00:0c:9f:f{group >> 8:x}:{group & 255:02x}" if version == 2 else f"00:00:0c:07:ac:{group:02x}"
        if self.ipv6:
            self.virtual_mac = f"00:05:73:a0:{group >> 8:02x}:{group & 255:02x}"
        self._fields = {"group": group, "virtualIP": virtual, "hellotime": 1, "holdtime": 3}
        self.source = address
        self._socket = socket_in(self.ns, socket.AF_PACKET, socket.SOCK_RAW)
        self._socket.bind(("eth0", 0))
        self.mac = self._socket.getsockname()[4].hex(":")
        self._said = None
        self._wake = threading.Event()
        self._ended = False
        self._thread = threading.Thread(target=self._repeat, daemon=True)
        self._thread.start()

    def _frame(self, opcode, state, priority, mac):
        from scapy.layers.inet import IP, UDP   # late: the demo does without scapy
        from scapy.layers.inet6 import IPv6
        from scapy.layers.l2 import Ether
        if self.ipv6:
            return bytes(Ether(src=mac, dst="33:33:00:00:00:66")
                         / IPv6(src=self.source, dst="ff02::66", hlim=255, tc=0xE0) / UDP(sport=2029, dport=2029)
                         / self._sealed(self._payload(opcode, state, priority)))
        last = 102 if self.version == 2 else 2
        return bytes(Ether(src=mac, dst=f"01:00:5e:00:00:{last:02x}")
                     / IP(src=self.source, dst=f"224.0.0.{last}", ttl=1, tos=0xC0, id=0) / UDP(sport=1985, dport=1985)
                     / self._sealed(self._payload(opcode, state, priority)))

    def _payload(self, opcode, state, priority):
        f = self._fields
        virtual = socket.inet_pton(socket.AF_INET6 if self.ipv6 else socket.AF_INET, f["virtualIP"])
        if self.version == 2:
            left_over = b"" if self.ipv6 else b"\x91\x01\x02\xee\x05" + bytes(7)      # as captured
            return (struct.pack("!BBBBBBH", 1, 40, 2, opcode, V2_STATES[state], 6 if self.ipv6 else 4, f["group"])
                    + bytes.fromhex(self.mac.replace(":", ""))
                    + struct.pack("!LLL", priority, f["hellotime"] * 1000, f["holdtime"] * 1000)
                    + virtual + left_over)
        if self.key:
            return (struct.pack("!8B", 0, opcode, state, f["hellotime"], f["holdtime"], priority, f["group"], 0)
                    + bytes(8) + virtual)
        from scapy.layers.hsrp import HSRP
        return bytes(HSRP(opcode=opcode, state=state, priority=priority, **f))

    def _sealed(self, payload):
        if not self.key:
            return payload + (b"\x03\x08cisco\0\0\0" if self.version == 2 else b"")
        payload += struct.pack("!BBBBH", 4, 28, 1, 0, 0) + self._tail() + struct.pack("!L", self.key_id)
        return payload + keyed_md5(self.key.encode(), payload + bytes(16))

    def _tail(self):
        """The sender's address in the MD5 TLV: of IPv6 the last four octets."""
        family = socket.AF_INET6 if self.ipv6 else socket.AF_INET
        return socket.inet_pton(family, self.source)[-4:]

    def send(self, opcode, state, priority, virtual_mac=False):
        """One frame, from the interface's own MAC or from the virtual one."""
        self._socket.send(self._frame(opcode, state, priority, self.virtual_mac if virtual_mac else self.mac))

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
