"""A program to be put into a container: does what it is told over a Unix socket, and tells what it took of the CPU.

python contained_program.py SOCKET
"""

import json
import os
import resource
import socket
import sys
import time


def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def burn_in_child(seconds):
    """In a child that is gone afterwards."""
    child = os.fork()
    if not child:
        burn(seconds)
        os._exit(0)
    os.waitpid(child, 0)


def send(host, port, count, size):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(count):
            sender.sendto(bytes(size), (host, port))


def talk_to_itself(count, size):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        send(*receiver.getsockname(), count, size)


def grow_and_shrink(megabytes):
    block = bytearray(os.urandom(1) * (megabytes << 20))
    del block


def used():
    return (
        sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        * 1000
    )


def main(path):
    deeds = {each.__name__: each for each in (burn, burn_in_child, send, talk_to_itself, grow_and_shrink)}
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(path)
        server.listen()
        while True:
            connection, _ = server.accept()
            with connection, connection.makefile("rw") as stream:
                for line in stream:
                    name, *words = json.loads(line)
                    before = used()
                    deeds[name](*words)
                    print(json.dumps(used() - before), file=stream, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
