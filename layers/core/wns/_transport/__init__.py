"""HTTPS to WNS, by libcurl."""
