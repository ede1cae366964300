"""Requests: intake, rendering, schedules."""
