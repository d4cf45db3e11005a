"""Drivers of nodes: one module a generation of the program under test."""
