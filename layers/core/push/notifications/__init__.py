"""The record of a notification."""
