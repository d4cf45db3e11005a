"""Messengers of the reference node on one wire that a test may cut."""

import asyncio
import inspect

from tcperf.nodes.reference.burden import Burden
from tcperf.nodes.reference.keypair import KeyPair
from tcperf.nodes.reference.messenger import Messenger
from tcperf.nodes.reference.plant import parse
from tcperf.nodes.reference.store import MessageStore

KEYS = {
    name: KeyPair.from_scalar(scalar)
    for name, scalar in (("alice", 11), ("bob", 22), ("eve", 33), ("carol", 44))
}


class World:
    """Messengers on one broadcast wire; ``carried`` is every envelope, ``cut`` loses them silently."""

    def __init__(self, tmp_path, names=("alice", "bob"), resend_after_s=60.0, plant=""):
        burden = Burden(parse(plant)) if plant else None
        self.carried = []
        self.cut = self.alone = False
        self.signals = {name: [] for name in names}
        self.news = asyncio.Event()
        self.people = {
            name: Messenger(
                KEYS[name],
                MessageStore(tmp_path / name),
                self.publisher(name),
                self.emitter(name),
                resend_after_s=resend_after_s,
                burden=burden,
            )
            for name in names
        }

    def publisher(self, name):
        def publish(envelope):
            self.carried.append(envelope)
            self.news.set()
            if not (self.cut or self.alone):
                for other, person in self.people.items():
                    if other != name:
                        person.received(envelope)
            return 0 if self.alone else len(self.people) - 1

        return publish

    def emitter(self, name):
        def emit(kind, event):
            self.signals[name].append((kind, event))
            self.news.set()

        return emit

    def start(self):
        for person in self.people.values():
            person.start()

    def kinds(self, name):
        return [kind for kind, _event in self.signals[name]]

    async def until(self, condition):
        async with asyncio.timeout(10):
            while not condition():
                self.news.clear()
                await self.news.wait()

    def close(self):
        for person in self.people.values():
            person.close()
            person._store.close()


def play(scene):
    """Run an asynchronous scene ``async def scene(tmp_path)``, or a method of a class of tests, as a test."""

    def test(tmp_path):
        asyncio.run(scene(tmp_path))

    def method(self, tmp_path):
        asyncio.run(scene(self, tmp_path))

    made = method if "self" in inspect.signature(scene).parameters else test
    made.__name__ = scene.__name__
    return made
