"""Captures as files: ``writer`` writes the one that a run keeps (pcapng), ``marks`` its phases, from ``blocks``."""
