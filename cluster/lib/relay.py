#!/usr/bin/env python3
"""A cable with a delay: hands Ethernet frames from one TAP device to another some time after they came.

usage: relay.py HOST_NAMESPACE HOST_DEVICE SWITCH_DEVICE MILLISECONDS

Runs in the switch's network namespace; HOST_NAMESPACE is a path below /run/netns. Between two hosts lie two cables, so each
delays by half of MILLISECONDS. The devices vanish with this process. Frames carry their offload header, so that large segments cross
in one piece and the relay does not limit the bandwidth.
"""

import collections
import ctypes
import errno
import fcntl
import os
import select
import struct
import sys
import time

SET_DEVICE, SET_OFFLOAD = 0x400454CA, 0x400454D0
TAP, NO_PACKET_INFORMATION, OFFLOAD_HEADER = 0x0002, 0x1000, 0x4000
CHECKSUM, SEGMENTATION_4, SEGMENTATION_6 = 1, 2, 4
NEW_NETWORK = 0x40000000
LARGEST_FRAME = 1 << 17
FRAMES_AT_ONCE = 64

libc = ctypes.CDLL(None, use_errno=True)


def enter(namespace):
    if libc.setns(namespace, NEW_NETWORK) != 0:
        code = ctypes.get_errno()
        raise OSError(code, "setns: " + os.strerror(code))


def open_device(name):
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    flags = TAP | NO_PACKET_INFORMATION | OFFLOAD_HEADER
    fcntl.ioctl(device, SET_DEVICE, struct.pack("16sH22x", name.encode(), flags))
    fcntl.ioctl(device, SET_OFFLOAD, CHECKSUM | SEGMENTATION_4 | SEGMENTATION_6)
    return device


def main():
    host_namespace, host_device, switch_device, milliseconds = sys.argv[1:]
    delay = float(milliseconds) / 2000
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    enter(os.open(host_namespace, os.O_RDONLY))
    host = open_device(host_device)
    enter(home)
    switch = open_device(switch_device)
    print("ready", flush=True)

    other = {host: switch, switch: host}
    waiting = collections.deque()  # (when to hand on, device, frame), oldest first
    while True:
        timeout = max(0.0, waiting[0][0] - time.monotonic()) if waiting else None
        readable, _, _ = select.select([host, switch], [], [], timeout)
        for device in readable:
            try:
                for _ in range(FRAMES_AT_ONCE):
                    frame = os.read(device, LARGEST_FRAME)
                    waiting.append((time.monotonic() + delay, other[device], frame))
            except BlockingIOError:
                pass
        now = time.monotonic()
        while waiting and waiting[0][0] <= now:
            _, device, frame = waiting.popleft()
            try:
                os.write(device, frame)
            except OSError as error:
                # A full queue or a device that is down loses the frame, as a cable does.
                if error.errno not in (errno.EAGAIN, errno.EIO, errno.ENOBUFS):
                    raise


main()
