"""The reference node's command line."""

import pytest

from tcperf.nodes.reference.__main__ import _parse
from tcperf.nodes.reference.generations import RESEND_AFTER_S


def test_it_sends_again_as_the_original_does_unless_it_is_told():
    assert _parse([]).resend_after == RESEND_AFTER_S == 30
    assert _parse(["--resend-after", "0.25"]).resend_after == 0.25


@pytest.mark.parametrize("text", ["0", "-1", "3600", "nan", "inf", "soon"])
def test_a_time_that_makes_no_sense_is_refused(text, capsys):
    with pytest.raises(SystemExit) as caught:
        _parse(["--resend-after", text])
    assert caught.value.code == 2
    assert "--resend-after" in capsys.readouterr().err
