"""How many bytes a message takes on the wire, from the protocols' own header lengths.

Nothing here knows tcperf's parser: a wrong belief about a header must not be able to confirm itself.
Lengths: IEEE 802.3 (14, no FCS), RFC 791 (20), RFC 8200 (40; 8 for a fragment header), RFC 768 (8), RFC 792
(8), RFC 9293 (20) with RFC 7323's time stamps (12 with their padding).
"""

from __future__ import annotations

from proofs.tally import Numbers

ETHERNET = 14
IPV4 = 20
IPV6 = 40
IPV6_FRAGMENT = 8
UDP = 8
ICMP = 8
TCP_WITH_TIMESTAMPS = 20 + 12
MTU = 1500
#: Linux's SYN carries 20 bytes of options (segment size 4, SACK permitted 2, time stamps 10, no-operation 1,
#: window scale 3), all other segments the 12 of time stamps.
SYN_EXTRA = 20 - 12
#: One block of selective acknowledgement, padded (RFC 2018).
SACK_BLOCK = 12
#: An ICMP error quotes as much of the datagram as fits into 576 bytes (RFC 1812, 4.3.2.3).
ICMP_ERROR = 576


def datagrams(size: int, count: int = 1) -> Numbers:
    """``count`` UDP datagrams of ``size`` bytes over IPv4, in fragments where one frame cannot hold them."""
    return fragmented(UDP + size, UDP, IPV4, 0).times(count)


def fragmented(body: int, transport: int, header: int, fragment_header: int) -> Numbers:
    """One packet whose IP payload is ``body`` bytes, ``transport`` of them the transport header.

    ``header`` is the IP header that every fragment repeats, ``fragment_header`` what IPv6 adds to each.
    """
    pieces = 1
    if header + body > MTU:
        room = (MTU - header - fragment_header) // 8 * 8  # offsets count in units of 8 bytes
        pieces = -(-body // room)
        header += fragment_header
    ip_bytes = body + pieces * header
    return Numbers(ip_bytes + pieces * ETHERNET, pieces, ip_bytes, body - transport)


def port_unreachable(size: int) -> Numbers:
    """The ICMP answer to a datagram of ``size`` bytes that fits into one frame."""
    ip_bytes = min(ICMP_ERROR, IPV4 + ICMP + IPV4 + UDP + size)
    return Numbers(ip_bytes + ETHERNET, 1, ip_bytes, ip_bytes - IPV4 - ICMP)


def segments(count: int, payload: int, syns: int, sack_blocks: int = 0) -> Numbers:
    """``count`` TCP segments of Linux over IPv4, ``syns`` of them SYNs, that carry ``payload`` bytes in all."""
    headers = count * (IPV4 + TCP_WITH_TIMESTAMPS) + syns * SYN_EXTRA + sack_blocks * SACK_BLOCK
    return Numbers(payload + headers + count * ETHERNET, count, payload + headers, payload)
