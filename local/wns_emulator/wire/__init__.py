"""HTTP/1.1, TLS and CONNECT, byte by byte."""
