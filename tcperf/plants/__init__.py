"""Faults that are planted on purpose, so that a gate is seen to fail."""
