"""HSRP frames as a router of another make writes and reads them: scapy's layers, payloads packed by hand.

Nothing here comes from hotswan's code.
"""

import dataclasses
import functools
import hashlib
import ipaddress
import socket
import struct

HELLO, COUP, RESIGN, ADVERTISE = 0, 1, 2, 3
INITIAL, LEARN, LISTEN, SPEAK, STANDBY, ACTIVE = 0, 1, 2, 4, 8, 16      # version 1's numbers
V2_STATES = {INITIAL: 1, LEARN: 2, LISTEN: 3, SPEAK: 4, STANDBY: 5, ACTIVE: 6}
V1_STATES = {number: state for state, number in V2_STATES.items()}
DORMANT, PASSIVE = 1, 2                         # of an Advertise; 3 is active
V4_PORT, V6_PORT = 1985, 2029


def keyed_md5(key, payload):
    """RFC 1828: the key padded as a message of its own, the payload, the key."""
    padding = b"\x80" + bytes(-(len(key) + 9) % 64) + struct.pack("<Q", 8 * len(key))
    return hashlib.md5(key + padding + payload + key).digest()


def virtual_mac(version, group, ipv6=False):
    """The well-known MAC of a group."""
    if ipv6:
        return f"00:05:73:a0:{group >> 8:02x}:{group & 255:02x}"
    return f"00:00:0c:9f:f{group >> 8:x}:{group & 255:02x}" if version == 2 else f"00:00:0c:07:ac:{group:02x}"


@dataclasses.dataclass(frozen=True)
class Message:
    """What one frame says. Times are milliseconds; `active` and `passive` are counts of an Advertise."""
    version: int = 1
    ipv6: bool = False
    op: int = HELLO
    state: int = INITIAL
    group: int = 0
    priority: int = 100
    hello: int = 3000
    hold: int = 10000
    virtual: str = "0.0.0.0"
    text: bytes = b"cisco"                      # without a key
    key: str | None = None
    key_id: int = 0
    active: int = 0
    passive: int = 0


def _raw(address):
    return ipaddress.ip_address(address).packed


@functools.lru_cache(maxsize=4096)
def payload(m, source, identifier):
    """The UDP payload; identifier: the sender's own MAC, which version 2 tells."""
    if m.op == ADVERTISE:
        if m.version == 2:
            return struct.pack("!BBHH", 2, 4, m.active, m.passive)
        return struct.pack("!BBHHBBHHL", 0, 3, 1, 14, m.state, 0, m.active, m.passive, 0x6F000000)     # the leak as captured
    virtual = _raw(m.virtual)
    if m.version == 2:
        left_over = b"" if m.ipv6 else b"\x91\x01\x02\xee\x05" + bytes(7)      # as captured
        out = (struct.pack("!BBBBBBH", 1, 40, 2, m.op, V2_STATES[m.state], 6 if m.ipv6 else 4, m.group)
               + bytes.fromhex(identifier.replace(":", "")) + struct.pack("!LLL", m.priority, m.hello, m.hold)
               + virtual + left_over)
        if not m.key:
            return out + b"\x03\x08" + m.text.ljust(8, b"\0")
    else:
        seconds = [max(1, -(-ms // 1000)) for ms in (m.hello, m.hold)]
        out = (struct.pack("!8B", 0, m.op, m.state, *seconds, m.priority, m.group, 0)
               + (bytes(8) if m.key else m.text.ljust(8, b"\0")) + virtual)
        if not m.key:
            return out
    out += struct.pack("!BBBBH", 4, 28, 1, 0, 0) + _raw(source)[-4:] + struct.pack("!L", m.key_id)
    return out + keyed_md5(m.key.encode(), out + bytes(16))


@functools.lru_cache(maxsize=4096)
def frame(m, source, source_mac, identifier):
    """The whole Ethernet frame."""
    from scapy.layers.inet import IP, UDP       # late: the demo does without scapy
    from scapy.layers.inet6 import IPv6
    from scapy.layers.l2 import Ether
    body = payload(m, source, identifier)
    if m.ipv6:
        return bytes(Ether(src=source_mac, dst="33:33:00:00:00:66") / IPv6(src=source, dst="ff02::66", hlim=255, tc=0xE0)
                     / UDP(sport=V6_PORT, dport=V6_PORT) / body)
    last = 102 if m.version == 2 else 2
    return bytes(Ether(src=source_mac, dst=f"01:00:5e:00:00:{last:02x}")
                 / IP(src=source, dst=f"224.0.0.{last}", ttl=1, tos=0xC0, id=0) / UDP(sport=V4_PORT, dport=V4_PORT) / body)


@dataclasses.dataclass(frozen=True)
class Heard:
    """A frame of somebody else: who, and what it says; `said` has no key, which no frame tells."""
    mac: str
    source: str
    said: Message
    payload: bytes
    sealed: bool

    def believable(self, text, key):
        """Whether it proves to know the text or the key."""
        if key is None:
            return not self.sealed and self.said.text == text
        return self.sealed and keyed_md5(key.encode(), self.payload[:-16] + bytes(16)) == self.payload[-16:]


def read(data):
    """Heard of an Ethernet frame, None when it is no HSRP that makes sense."""
    kind, = struct.unpack_from("!H", data, 12)
    ipv6 = kind == 0x86DD
    at = 54 if ipv6 else 14 + (data[14] & 15) * 4
    if kind not in (0x0800, 0x86DD) or data[20 if ipv6 else 23] != socket.IPPROTO_UDP or len(data) < at + 8:
        return None
    _, port, length, _ = struct.unpack_from("!4H", data, at)
    if port != (V6_PORT if ipv6 else V4_PORT):
        return None
    body = data[at + 8:at + length]
    source = str(ipaddress.ip_address(data[22:38] if ipv6 else data[26:30]))
    said, sealed = _read_v1(body) if body[:1] == b"\0" else _read_v2(body, ipv6)
    return Heard(data[6:12].hex(":"), source, said, body, sealed) if said else None


def _read_v1(b):
    if len(b) >= 16 and b[1] == ADVERTISE:
        state, _, active, passive = struct.unpack_from("!BBHH", b, 6)
        return Message(op=ADVERTISE, state=state, active=active, passive=passive), False
    if len(b) < 20:
        return None, False
    _, op, state, hello, hold, priority, group, _ = struct.unpack_from("!8B", b)
    return Message(op=op, state=state, group=group, priority=priority, hello=hello * 1000, hold=hold * 1000,
                   virtual=socket.inet_ntoa(b[16:20]), text=b[8:16].rstrip(b"\0")), len(b) >= 50 and b[20] == 4


def _read_v2(b, ipv6):
    if len(b) == 6 and b[0] == 2:
        active, passive = struct.unpack_from("!HH", b, 2)
        return Message(version=2, ipv6=ipv6, op=ADVERTISE, state=3 if active else PASSIVE, active=active, passive=passive), False
    if len(b) < 52 or b[0] != 1:
        return None, False
    _, _, _, op, state, _, group = struct.unpack_from("!BBBBBBH", b)
    priority, hello, hold = struct.unpack_from("!LLL", b, 14)
    virtual = socket.inet_ntop(socket.AF_INET6, b[26:42]) if ipv6 else socket.inet_ntoa(b[26:30])
    sealed = b[42] == 4
    return Message(version=2, ipv6=ipv6, op=op, state=V1_STATES[state], group=group, priority=priority, hello=hello, hold=hold,
                   virtual=virtual, text=b"" if sealed else b[44:52].rstrip(b"\0")), sealed
