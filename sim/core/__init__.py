"""What every part uses: durations, events, random numbers, files."""
