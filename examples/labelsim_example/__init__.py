"""What a package adds to labelsim."""
