"""From a request to deliveries."""
