"""UDP flows through many tunnels, one process an end.

send DESTINATION PORT < lines of "address packets-per-second": one flow an address, each from a socket bound to it; every
     reply is a line "flow sent received" (time of day). Ends when standard output is closed or by a signal.
echo PORT: sends every datagram back.
"""

import heapq
import select
import socket
import struct
import sys
import time


def echo(port):
    """Send back what comes."""
    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
    ear.bind(("0.0.0.0", port))
    while True:
        data, sender = ear.recvfrom(2048)
        try:
            ear.sendto(data, sender)
        except OSError:
            pass                                # no way back at present: that is what is measured


def receive(sock, out):
    """All replies that wait on one socket."""
    while True:
        try:
            data = sock.recv(2048)
        except OSError:
            return
        flow, sent = struct.unpack_from("!Id", data)
        out.write(f"{flow} {sent:.6f} {time.time():.6f}\n")


def send(destination, port):
    """Keep every flow at its rate; a flow never sends a burst to make up for lost time."""
    poll = select.epoll()
    socks, intervals = {}, []
    for number, line in enumerate(sys.stdin):
        address, rate = line.split()
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((address, 0))
        sock.setblocking(False)
        sock.connect((destination, port))
        socks[number] = sock
        intervals.append(1 / float(rate))
        poll.register(sock, select.EPOLLIN, )
    by_fd = {sock.fileno(): sock for sock in socks.values()}
    begin = time.monotonic()
    due = [(begin + interval * (number % 97) / 97, number) for number, interval in enumerate(intervals)]
    heapq.heapify(due)
    print("ready", flush=True)
    flushed = begin
    while True:
        now = time.monotonic()
        while due[0][0] <= now:
            _, number = heapq.heappop(due)
            try:
                socks[number].send(struct.pack("!Id", number, time.time()) + bytes(84))
            except OSError:
                pass                            # no tunnel: the packet is lost
            heapq.heappush(due, (now + intervals[number], number))
        for fd, _ in poll.poll(max(due[0][0] - time.monotonic(), 0.001)):
            receive(by_fd[fd], sys.stdout)
        if now - flushed > 0.05:
            sys.stdout.flush()
            flushed = now


if __name__ == "__main__":
    if sys.argv[1] == "echo":
        echo(int(sys.argv[2]))
    else:
        send(sys.argv[2], int(sys.argv[3]))
