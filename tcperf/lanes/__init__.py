"""Runs side by side: each lane is a process of its own, with a network of its own.

The coordinator (``crew.LaneCrew``) gives each worker (``worker``, by way of ``lane.Lane``) one assignment a round,
as one JSON text a line over a socket, and hears of it what happens, and at the end the run.  All lanes make their
accounts and connect first; they begin to measure together (``rendezvous``), and no network is taken down
before the last has measured.

A worker that hears the end of its socket takes down what it has, whatever it is doing: so nothing is left
behind when the coordinator is killed.  When a worker is, its network's broker hears the end of its own.
"""
