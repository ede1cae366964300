"""What the HTTP functions share."""
