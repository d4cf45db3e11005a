"""The bundled reference node: an honest small messenger that speaks status-backend's API.

It is a program of its own, ``python -m tcperf.nodes.reference --address 127.0.0.1:0``, and the rest of
tcperf never imports it: the driver that drives real nodes drives this one through the same HTTP methods and
WebSocket signals.  It shows every part of tcperf at work where no real node is at hand; its figures say
nothing about status-go.

What is real: key derivation from the password, end-to-end encryption, an authenticated and encrypted
transport, a relay over several peers, acknowledgements and retransmission, messages in SQLite.  What it
leaves out: discovery, history, groups, profiles, rate limits, and any timer that would slow a message down.
"""
