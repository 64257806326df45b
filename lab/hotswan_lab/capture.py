"""Frames of a segment, and the audit that no protected packet was among them in clear."""

import dataclasses
import ipaddress
import os
import signal
import struct
import subprocess

from .system import PATIENCE_S, LabError, die_with_parent, wait_for

ETHERNET, IPV4, IPV6, ARP, UDP, ESP, ICMPV6 = 1, 0x0800, 0x86DD, 0x0806, 17, 50, 58


@dataclasses.dataclass(frozen=True)
class Frame:
    """One captured frame, opened as far as the lab's questions go."""
    time: float
    source_mac: str
    kind: int
    data: bytes

    @property
    def ends(self):
        """(source, destination) of an IPv4 packet, None otherwise."""
        if self.kind != IPV4 or len(self.data) < 34:
            return None
        return ipaddress.IPv4Address(self.data[26:30]), ipaddress.IPv4Address(self.data[30:34])

    @property
    def udp(self):
        """(source port, destination port, payload) of an unfragmented UDP packet, None otherwise."""
        if self.kind != IPV4 or len(self.data) < 42 or self.data[23] != UDP:
            return None
        at = 14 + (self.data[14] & 15) * 4
        if at + 8 > len(self.data):
            return None
        source, destination = struct.unpack_from("!HH", self.data, at)
        return source, destination, self.data[at + 8:]

    @property
    def ends_ipv6(self):
        """(source, destination) of an IPv6 packet, None otherwise."""
        if self.kind != IPV6 or len(self.data) < 54:
            return None
        return ipaddress.IPv6Address(self.data[22:38]), ipaddress.IPv6Address(self.data[38:54])

    @property
    def udp_ipv6(self):
        """As udp, of an IPv6 packet without extension headers."""
        if self.kind != IPV6 or len(self.data) < 62 or self.data[20] != UDP:
            return None
        source, destination = struct.unpack_from("!HH", self.data, 54)
        return source, destination, self.data[62:]

    @property
    def icmpv6(self):
        """Type of an ICMPv6 message (also behind a hop-by-hop header, as in MLD), None otherwise."""
        if self.kind != IPV6 or len(self.data) < 58:
            return None
        if self.data[20] == 0 and self.data[54] == ICMPV6:
            return self.data[54 + 8 + self.data[55] * 8]
        return self.data[54] if self.data[20] == ICMPV6 else None

    def __str__(self):
        ends = self.ends
        what = f"{ends[0]} > {ends[1]} protocol {self.data[23]}" if ends else f"type {self.kind:04x}"
        return f"{self.time:.6f} {self.source_mac} {what} {len(self.data)} bytes"


def read_pcap(path):
    """Frames of a pcap file; an unfinished last record (tcpdump still writes) is left out."""
    with open(path, "rb") as file:
        data = file.read()
    if len(data) < 24:
        return []
    magic, = struct.unpack_from("<L", data)
    if magic not in (0xA1B2C3D4, 0xA1B23C4D):
        raise LabError(f"{path}: not a pcap file of this machine's byte order")
    scale = 1e-9 if magic == 0xA1B23C4D else 1e-6
    frames, at = [], 24
    while at + 16 <= len(data):
        seconds, fraction, length, _ = struct.unpack_from("<4L", data, at)
        if at + 16 + length > len(data):
            break
        raw = data[at + 16:at + 16 + length]
        frames.append(Frame(seconds + fraction * scale, raw[6:12].hex(":"), struct.unpack_from("!H", raw, 12)[0], raw))
        at += 16 + length
    return frames


class Capture:
    """tcpdump on a segment, from construction to stop(); with priority, or a busy machine makes it drop frames."""

    def __init__(self, lab, segment, buffer_kib=16384):
        self.lab = lab
        self.path = os.path.join(lab.path, f"{segment}-{len(lab.captures)}.pcap")
        self._errors = self.path + ".log"
        with open(self._errors, "wb") as errors:
            self._process = subprocess.Popen(
                ["ip", "netns", "exec", lab.wire, "chrt", "-r", "1", "tcpdump", "-i", segment, "-U", "--immediate-mode",
                 "-B", str(buffer_kib), "-s", "0", "-Z", "root", "-w", self.path],
                stdin=subprocess.DEVNULL, stderr=errors, stdout=errors, preexec_fn=die_with_parent)
        lab.captures.append(self)
        wait_for(lambda: "listening on" in self._said(), PATIENCE_S, f"tcpdump listens on {segment}")

    def _said(self):
        with open(self._errors, encoding="utf-8", errors="replace") as errors:
            return errors.read()

    @property
    def frames(self):
        """Frames so far."""
        return read_pcap(self.path)

    def stop(self):
        """End the capture; raises if the kernel dropped frames, since an audit of part proves nothing."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(PATIENCE_S)
        if " 0 packets dropped by kernel" not in self._said().replace("\n", " "):
            raise LabError(f"incomplete capture:\n{self._said()}")
        return self.frames

    def abandon(self):
        """End it without a look at the result."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def hsrp(self):
        """[(time, source address, opcode, state, source MAC)] of the HSRP frames that speak for a group."""
        v2_states = {1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 6: 16}       # told in version 1's numbers
        found = []
        for frame in self.frames:
            udp, ends = (frame.udp_ipv6, frame.ends_ipv6) if frame.kind == IPV6 else (frame.udp, frame.ends)
            if not udp or udp[1] != (2029 if frame.kind == IPV6 else 1985):
                continue
            if len(udp[2]) >= 20 and udp[2][0] == 0:
                found.append((frame.time, str(ends[0]), udp[2][1], udp[2][2], frame.source_mac))
            elif len(udp[2]) >= 42 and udp[2][0] == 1:
                found.append((frame.time, str(ends[0]), udp[2][3], v2_states[udp[2][4]], frame.source_mac))
        return found

    def gratuitous_arps(self, address):
        """[(time, source MAC)] of ARP packets whose sender and target address are the given one."""
        raw = ipaddress.IPv4Address(address).packed
        return [(frame.time, frame.source_mac) for frame in self.frames
                if frame.kind == ARP and frame.data[28:32] == raw and frame.data[38:42] == raw]


def clear_packets(frames, protected, except_ends=()):
    """Frames that carry, in clear, what the selectors [(local, remote)] say must be encrypted.

    except_ends: pairs of tunnel endpoints, for selectors that cover the endpoints themselves:
    IKE and ESP between them are the tunnel, not its content.
    """
    pairs = [(ipaddress.ip_network(a), ipaddress.ip_network(b)) for a, b in protected]
    tunnels = [{ipaddress.ip_address(a), ipaddress.ip_address(b)} for a, b in except_ends]
    return [frame for frame in frames if _is_clear(frame, pairs, tunnels)]


def _is_clear(frame, pairs, tunnels):
    ends = frame.ends
    if ends is None:
        return False
    source, destination = ends
    if not any((source in a and destination in b) or (source in b and destination in a) for a, b in pairs):
        return False
    if {source, destination} in tunnels:
        udp = frame.udp
        return not (frame.data[23] == ESP or (udp and {udp[0], udp[1]} & {500, 4500}))
    return True


def assert_nothing_clear(frames, protected, except_ends=()):
    """The audit every test ends with; it also wants to have seen traffic at all."""
    if not frames:
        raise LabError("the audit saw no frame: nothing is proved")
    leaked = clear_packets(frames, protected, except_ends)
    if leaked:
        raise LabError(f"{len(leaked)} protected packets in clear:\n" + "\n".join(map(str, leaked[:20])))


def esp_packets(frames):
    """ESP packets, also those inside UDP 4500 (their first word, the SPI, is not zero)."""
    found = []
    for frame in frames:
        udp = frame.udp
        if frame.kind == IPV4 and frame.data[23:24] == bytes([ESP]):
            found.append(frame)
        elif udp and 4500 in udp[:2] and len(udp[2]) > 8 and udp[2][:4] != b"\0\0\0\0":
            found.append(frame)
    return found
