"""Measures what a branch of a peer-to-peer node does to performance, and tells TeamCity.

``tcperf.teamcity.ServiceMessages`` is the emitter library, ``tcperf.scenario`` is what a scenario's
author needs, ``python -m tcperf`` is the program.  Importing this package does no work.
"""

__version__ = "0.1.0"
