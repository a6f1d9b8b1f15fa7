"""Latency and bandwidth of a connection: given by the user, or measured over TCP on this machine."""

import os
import socket
import statistics
import time


def receive(connection, count):
    while count:
        got = len(connection.recv(min(count, 1 << 20)))
        if not got:
            raise OSError("the connection was closed")
        count -= got


def answer(listener, rounds, size):
    """The other end: sends small messages back, then takes a stream and confirms its end."""
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for _ in range(rounds):
        connection.sendall(connection.recv(4))
    receive(connection, size)
    connection.sendall(b"done")


def measure(rounds=2000, size=256 << 20):
    """(latency in seconds one way, bandwidth in bytes per second) of one raw TCP stream between two processes of this machine."""
    listener = socket.create_server(("127.0.0.1", 0))
    child = os.fork()
    if child == 0:
        try:
            answer(listener, rounds, size)
        finally:
            os._exit(0)
    try:
        with socket.create_connection(listener.getsockname()) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            times = []
            for _ in range(rounds):
                start = time.perf_counter()
                connection.sendall(b"ping")
                receive(connection, 4)
                times.append(time.perf_counter() - start)
            block = bytes(1 << 20)
            start = time.perf_counter()
            for _ in range(size >> 20):
                connection.sendall(block)
            receive(connection, 4)
            bandwidth = size / (time.perf_counter() - start)
    finally:
        listener.close()
        os.waitpid(child, 0)
    return statistics.median(times) / 2, bandwidth
