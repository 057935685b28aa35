"""What there is and what of it is in use, as each node sees it; kept up to date event by event."""
