"""Probes: what is read from a process, and how exactly.

``process`` reads one process (Linux; ``portable`` elsewhere), ``node`` reduces a phase of one node to
measurements, ``sampler`` is the process that draws the time series, ``machine`` describes the host.
"""
