"""Plan data-labelling projects by simulating them."""
