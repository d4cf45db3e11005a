"""Networks: where nodes live.  ``interface`` says what a network is, ``private`` and ``host`` make one."""
