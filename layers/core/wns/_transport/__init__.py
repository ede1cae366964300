"""HTTPS requests to WNS with libcurl."""
