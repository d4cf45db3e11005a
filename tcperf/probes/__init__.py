"""Probes: what is read from a process, and how exactly.

``process`` reads one process (Linux; ``portable`` elsewhere), ``node`` reduces a phase of one node to
measurements, ``machine`` describes the host.  ``meter`` is the driver's end of a process of its own that draws
the time series (``sampler``) and captures a private network's frames (``run_capture`` and what it is made of).
"""
