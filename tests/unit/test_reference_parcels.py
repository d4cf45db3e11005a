"""The reference node's parcels: kept until their recipient acknowledges them."""

import sqlite3

import pytest

from tcperf.nodes.reference.parcels import Parcel, Parcels


@pytest.fixture
def path(tmp_path):
    return tmp_path / "parcels.sqlite"


def test_each_recipient_has_its_own_oldest_first(path):
    parcels = Parcels(sqlite3.connect(path, isolation_level=None))
    sent = [Parcel("ab", b"carol", b"1"), Parcel("ab", b"bob", b"1"), Parcel("cd", b"bob", b"2")]
    for parcel in sent:
        parcels.add(parcel)
    assert list(parcels) == sent
    assert parcels.remove("ab", b"bob")
    assert not parcels.remove("ab", b"bob")
    assert not parcels.remove("ab", b"eve")
    assert not parcels.remove("ef", b"carol")
    assert list(parcels) == [sent[0], sent[2]]


def test_they_outlive_the_login(path):
    db = sqlite3.connect(path, isolation_level=None)
    Parcels(db).add(Parcel("ab", b"bob", b"1"))
    db.close()
    assert list(Parcels(sqlite3.connect(path, isolation_level=None))) == [Parcel("ab", b"bob", b"1")]
