"""What ground_truth.py and overhead.py share: programs for a network's hosts, and what plays and reads them."""
