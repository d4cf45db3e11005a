"""Existing test suites measured: what ``pytest --tcperf`` does (``tcperf.pytest_plugin`` is its door).

asking, place: what is wrong with the options; entry: into the private network; plugin: pytest's hooks, in whatever
process runs tests; session: those of the main one; handle: the fixture; measurer: a stretch, and the ports that the
tests talk to; broken: phases that raised; naming: of a test its name in keys; record: what one process hands to the
other; collected: all that was told; journal: the same, written down as it comes, of which rescue makes reports
where pytest could not; gathering: records become a Result; program: what they are of; missing: what was asked for
and is not in it; started, left: programs that were too short to be seen, and those that outlived their tests;
closing: it is judged, written and told.
"""
