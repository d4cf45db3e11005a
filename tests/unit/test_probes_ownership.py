"""Whose socket it is."""

from diag_messages import end_point, listening, tcp

from tcperf.probes.ownership import FOREIGN, Ownership


def two_nodes():
    made = Ownership()
    made.add("alice", 8001)
    made.add("bob", 8002)
    made.learn(
        [
            listening(1, "0.0.0.0:4001", inode=11),
            listening(2, "127.0.0.1:8001", inode=12),
            listening(3, ":::4002", inode=21),
            listening(4, "127.0.0.1:8002", inode=22),
            listening(5, "0.0.0.0:80", inode=99),
        ],
        {"alice": {11, 12}, "bob": {21, 22}},
        at_ns=100,
    )
    return made


LOCAL = end_point("127.0.0.1:50000")


def test_a_living_socket_is_its_holders():
    made = two_nodes()
    made.learn([tcp(7, "127.0.0.1:50000", "127.0.0.1:4002", inode=13)], {"alice": {11, 12, 13}}, at_ns=200)
    assert made.owner(7, LOCAL) == "alice"
    assert made.known_since_ns(7, 900) == 200
    made.learn([tcp(7, "127.0.0.1:50000", "127.0.0.1:4002", inode=0)], {"alice": {11}}, at_ns=300)
    assert made.owner(7, LOCAL) == "alice"  # closed by its program, and not yet over
    assert made.known_since_ns(7, 900) == 200
    made.retain({8})
    assert made.owner(7, LOCAL) is None
    assert made.known_since_ns(7, 900) == 900


def test_what_somebody_else_holds_is_foreign():
    made = two_nodes()
    made.learn([tcp(7, "127.0.0.1:50000", "127.0.0.1:4002", inode=55)], {"alice": {11}}, at_ns=200)
    assert made.owner(7, LOCAL) == FOREIGN


def test_a_node_that_holds_it_after_all_has_it():
    made = two_nodes()
    socket = tcp(7, "127.0.0.1:50000", "127.0.0.1:4002", inode=55)
    made.learn([socket], {}, at_ns=200)
    made.learn([socket], {"bob": {55}}, at_ns=300)
    made.learn([socket], {}, at_ns=400)
    assert made.owner(7, LOCAL) == "bob"


def test_an_unknown_socket_is_whose_port_it_has():
    made = two_nodes()
    assert made.owner(7, end_point("10.1.2.3:4001")) == "alice"
    assert made.owner(7, end_point("10.1.2.3:4002")) == "bob"  # :: takes IPv4, too
    assert made.owner(7, end_point("fe80::1:4002")) == "bob"
    assert made.owner(7, end_point("10.1.2.3:80")) == FOREIGN
    assert made.owner(7, end_point("fe80::1:4001")) is None  # 0.0.0.0 does not take IPv6
    assert made.owner(7, LOCAL) is None


def test_who_listens_at_the_address_itself_comes_first():
    made = two_nodes()
    made.learn([listening(9, "127.0.0.9:4001", inode=23)], {"bob": {23}}, at_ns=200)
    assert made.listener(end_point("127.0.0.9:4001")) == "bob"
    assert made.listener(end_point("127.0.0.8:4001")) == "alice"


def test_control_ports():
    made = two_nodes()
    assert made.is_control(end_point("127.0.0.1:8001"))
    assert not made.is_control(end_point("127.0.0.1:4001"))
    assert not made.is_control(end_point("10.0.0.1:8001"))  # where nobody listens
    assert not made.is_control(end_point("127.0.0.1:80"))


def test_local_addresses():
    made = two_nodes()
    made.learn([tcp(7, "192.0.2.1:50000", "198.51.100.1:443", inode=55)], {}, at_ns=200)
    assert made.is_local(end_point("192.0.2.1:1"))
    assert made.is_local(end_point("127.9.9.9:1"))
    assert made.is_local(end_point("::1:1"))
    assert not made.is_local(end_point("198.51.100.1:1"))


def test_the_only_caller():
    made = two_nodes()
    assert made.only_caller(end_point("127.0.0.1:4001")) == "bob"
    assert made.only_caller(end_point("127.0.0.1:4002")) == "alice"
    assert made.only_caller(end_point("127.0.0.1:80")) is None
    assert made.only_caller(LOCAL) is None
    made.add("carol", 8003)
    assert made.only_caller(end_point("127.0.0.1:4001")) is None
    assert made.names == ("alice", "bob", "carol")
