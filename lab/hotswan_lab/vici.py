"""A small VICI client for the lab's own strongSwan peers (the protocol is strongSwan's README.vici)."""

import queue
import socket
import struct
import threading
import time

from .system import LabError

REQUEST, RESPONSE, UNKNOWN, REGISTER, _UNREGISTER, CONFIRM, _EVENT_UNKNOWN, EVENT = range(8)
SECTION, END, VALUE, LIST, ITEM, LIST_END = range(1, 7)


def encode(message):
    """Bytes of a nested dict: dict = section, list = list, bytes as they are, anything else its str()."""
    out = bytearray()
    for name, value in message.items():
        key = bytes([len(name)]) + name.encode()
        if isinstance(value, dict):
            out += bytes([SECTION]) + key + encode(value) + bytes([END])
        elif isinstance(value, (list, tuple)):
            out += bytes([LIST]) + key
            for item in value:
                raw = str(item).encode()
                out += bytes([ITEM]) + struct.pack("!H", len(raw)) + raw
            out += bytes([LIST_END])
        else:
            raw = value if isinstance(value, bytes) else str(value).encode()
            out += bytes([VALUE]) + key + struct.pack("!H", len(raw)) + raw
    return bytes(out)


def decode(data):
    """The nested dict of a message."""
    stack, names, items, at = [{}], [], None, 0
    while at < len(data):
        kind = data[at]
        at += 1
        if kind in (SECTION, VALUE, LIST):
            size = data[at]
            name = data[at + 1:at + 1 + size].decode()
            at += 1 + size
        if kind in (VALUE, ITEM):
            size, = struct.unpack_from("!H", data, at)
            text = data[at + 2:at + 2 + size].decode(errors="replace")
            at += 2 + size
        if kind == SECTION:
            stack.append({})
            names.append(name)
        elif kind == END:
            done = stack.pop()
            stack[-1][names.pop()] = done
        elif kind == VALUE:
            stack[-1][name] = text
        elif kind == LIST:
            items = stack[-1][name] = []
        elif kind == ITEM:
            items.append(text)
    return stack[0]


class Vici:
    """One connection: commands, one at a time."""

    def __init__(self, path):
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._registered = set()
        self._socket.settimeout(30)
        self._socket.connect(path)

    def close(self):
        """Close the connection."""
        self._socket.close()

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            part = self._socket.recv(size - len(data))
            if not part:
                raise EOFError("charon closed the connection")
            data += part
        return data

    def receive(self):
        """(type, name or None, payload) of the next packet."""
        size, = struct.unpack("!I", self._exactly(4))
        packet = self._exactly(size)
        if packet[0] == EVENT:
            return EVENT, packet[2:2 + packet[1]].decode(), packet[2 + packet[1]:]
        return packet[0], None, packet[1:]

    def send(self, kind, name, payload=b""):
        """One packet with a name."""
        packet = bytes([kind, len(name)]) + name.encode() + payload
        self._socket.sendall(struct.pack("!I", len(packet)) + packet)

    def register(self, name):
        """Receive events of a name from now on; charon sends them once for each registration."""
        if name in self._registered:
            return
        self._registered.add(name)
        self.send(REGISTER, name)
        while True:
            kind, _, _ = self.receive()
            if kind == CONFIRM:
                return
            if kind != EVENT:
                raise LabError(f"vici: no event {name}")

    def command(self, name, message=None, check=True):
        """The response to a command; raises if it reports failure and check is set."""
        self.send(REQUEST, name, encode(message or {}))
        kind, _, payload = self.receive()
        while kind == EVENT:
            kind, _, payload = self.receive()
        if kind != RESPONSE:
            raise LabError(f"vici: unknown command {name}")
        answer = decode(payload)
        if check and answer.get("success") == "no":
            raise LabError(f"vici {name}: {answer.get('errmsg')}")
        return answer

    def stream(self, name, event, message=None):
        """The events a listing command answers with."""
        self.register(event)
        self.send(REQUEST, name, encode(message or {}))
        found = []
        while True:
            kind, what, payload = self.receive()
            if kind == EVENT and what == event:
                found.append(decode(payload))
            elif kind == RESPONSE:
                return found
            elif kind != EVENT:
                raise LabError(f"vici: unknown command {name}")


class Events:
    """Records events with the time of day; each is also offered to an optional callback."""

    NAMES = ("ike-updown", "child-updown", "child-rekey")

    def __init__(self, path, callback=None):
        self.seen = []
        self._callback = callback
        self._work = queue.Queue()
        self._vici = Vici(path)
        for name in self.NAMES:
            self._vici.register(name)
        self._vici._socket.settimeout(None)
        threading.Thread(target=self._read, daemon=True).start()
        if callback:
            threading.Thread(target=self._call, daemon=True).start()

    def _read(self):
        while True:
            try:
                _, name, payload = self._vici.receive()
            except (OSError, EOFError):
                self._work.put(None)
                return
            event = (time.time(), name, decode(payload))
            self.seen.append(event)
            self._work.put(event)

    def _call(self):
        while (event := self._work.get()) is not None:
            self._callback(*event)

    def first_up(self, after, name="child-updown"):
        """Time of the first SA that came up after a moment."""
        return next((when for when, what, data in list(self.seen)
                     if when >= after and what == name and data.get("up") == "yes"), None)

    def close(self):
        """Close the connection."""
        try:
            self._vici._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._vici.close()
