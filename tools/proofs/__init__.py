"""What the tools share: programs for a network's hosts, what plays and reads them, and their command lines."""
