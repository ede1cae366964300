"""How payload models become XML."""
