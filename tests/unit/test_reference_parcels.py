"""The reference node's parcels: kept until their recipient acknowledges them."""

import sqlite3
from contextlib import closing

import pytest

from tcperf.nodes.reference.parcels import Parcel, Parcels


@pytest.fixture
def path(tmp_path):
    return tmp_path / "parcels.sqlite"


def opened(path):
    return closing(sqlite3.connect(path, isolation_level=None))


def test_each_recipient_has_its_own_oldest_first(path):
    sent = [Parcel("ab", b"carol", b"1"), Parcel("ab", b"bob", b"1"), Parcel("cd", b"bob", b"2")]
    with opened(path) as db:
        parcels = Parcels(db)
        for parcel in sent:
            parcels.add(parcel)
        assert list(parcels) == sent
        assert parcels.remove("ab", b"bob")
        assert not parcels.remove("ab", b"bob")
        assert not parcels.remove("ab", b"eve")
        assert not parcels.remove("ef", b"carol")
        assert list(parcels) == [sent[0], sent[2]]


def test_they_outlive_the_login(path):
    with opened(path) as db:
        Parcels(db).add(Parcel("ab", b"bob", b"1"))
    with opened(path) as db:
        assert list(Parcels(db)) == [Parcel("ab", b"bob", b"1")]
