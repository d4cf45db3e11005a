"""Watching what tcperf did not launch as a node: processes, containers, phones.

``interface`` says what is watched and how, ``stretch`` reads several of them as one phase; ``processes`` watches
those of this machine, by their ids or by what they are called (``choosing``), found in the ``table`` of all
processes; who lives on in a private network (``inhabitants``) is ended with its pytest.
"""
