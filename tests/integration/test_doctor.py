"""What the doctor tells of a whole two-node network, held against what its probes found."""

import re

import attrs
import pytest

from tcperf import doctor

pytestmark = pytest.mark.integration

COPIES = 7


@pytest.fixture(name="examined", scope="module")
def examined_fixture():
    """All findings by name, and the capture of which one tells: as if the bridge had handed on COPIES frames."""
    seen = []
    gather = doctor.gather

    def noted(*given):
        found = gather(*given)
        copied = attrs.evolve(found.capture, packets=found.capture.packets + COPIES)
        seen.append(attrs.evolve(found, capture=copied))
        return seen[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(doctor, "gather", noted)
        findings = {finding.name: finding for finding in doctor.examine()}
    (traffic,) = seen
    return findings, traffic.capture


def test_a_machine_that_can_run_these_tests_is_well(examined):
    findings, _capture = examined
    for name in (
        "private network",
        "capabilities",
        "traffic",
        "CPU",
        "time series",
        "traffic identity",
        "capture",
    ):
        assert findings[name].good, findings[name]


def test_the_frames_it_tells_of_are_those_that_were_sent_each_once(examined):
    """Where there are more than two nodes, a broadcast is seen once more with each copy that the bridge makes."""
    findings, capture = examined
    (told,) = re.findall(r"attributed, (\d+) of them here", findings["capture"].detail)
    assert int(told) == capture.sent_packets
    sent = [account for account in capture.accounts if account.direction == "sent"]
    assert int(told) == sum(account.counted_packets for account in sent)
    assert capture.packets == capture.sent_packets + COPIES
