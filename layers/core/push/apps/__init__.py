"""Apps: settings, credentials and access tokens."""
