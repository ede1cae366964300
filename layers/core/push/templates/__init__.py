"""Templates: stored, localized content."""
