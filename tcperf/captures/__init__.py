"""Captures as files: the one a run keeps, and those that ``tcperf analyze`` reads.

``writer`` writes pcapng.  ``source`` opens what may be compressed or broken, ``reading`` finds out what it is,
``pcap`` and ``pcapng`` take it apart with dpkt's structures, ``links`` know the link types, ``counting`` counts by
the rules of ``tcperf.frames``, and ``analysis`` is what comes of it, ``render`` how it is shown.
"""
