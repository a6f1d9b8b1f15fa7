#!/usr/bin/env python3
"""One raw TCP stream, to know what a link carries.

usage: stream.py receive ADDRESS SECONDS        prints a port, then the bytes per second that arrived
       stream.py send ADDRESS SECONDS PORT

The first third of a second is not counted: TCP finds its speed in it.
"""

import socket
import sys
import time

WARM_UP = 0.33
CHUNK = 1 << 20


def receive(address, seconds):
    listener = socket.create_server((address, 0))
    listener.settimeout(20)
    print(listener.getsockname()[1], flush=True)
    connection, _ = listener.accept()
    connection.settimeout(20)
    buffer = bytearray(CHUNK)
    begin = time.monotonic() + WARM_UP
    first = last = None
    count = 0
    while True:
        size = connection.recv_into(buffer)
        if size == 0:
            break
        now = time.monotonic()
        if now < begin:
            continue
        if first is None:
            first = now  # what came by now is not counted, only what comes after
        else:
            count += size
        last = now
        if last - first >= seconds:
            break
    if not count or last <= first:
        sys.exit("stream: nothing arrived")
    print(round(count / (last - first)), flush=True)


def send(address, seconds, port):
    connection = socket.create_connection((address, port), timeout=10)
    chunk = memoryview(bytes(CHUNK))
    end = time.monotonic() + WARM_UP + seconds + 0.5
    try:
        while time.monotonic() < end:
            connection.sendall(chunk)
    except (BrokenPipeError, ConnectionResetError):
        pass  # the receiver has seen enough


if sys.argv[1] == "receive":
    receive(sys.argv[2], float(sys.argv[3]))
else:
    send(sys.argv[2], float(sys.argv[3]), int(sys.argv[4]))
