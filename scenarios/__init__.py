"""The scenarios that come with tcperf, found through the entry points as a stranger's would be."""
