"""Labels that people put: how they err, and what is believed of them."""
