"""Frames: what their headers say, the flows that they make, and the rows that the flows add up to.

Pure: bytes in, values out.  ``parse`` reads one frame, ``flows`` sums frames into flows, ``rows`` makes the
result's traffic table of them.
"""
