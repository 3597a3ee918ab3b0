"""What a person reads: terminal and report."""
